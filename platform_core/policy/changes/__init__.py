"""Who gains and who loses by a change of policy, and what a policy says, in words."""
