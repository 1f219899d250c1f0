"""What people are told: the inbox, the webhook, and what time alone brings."""
