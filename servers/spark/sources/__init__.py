"""Where applications come from: folders of event logs, object stores, History Servers and live drivers."""
