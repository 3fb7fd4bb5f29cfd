"""The scripts run in an environment of their own, not here."""

collect_ignore_glob = ["*_client.py", "speech.py"]
