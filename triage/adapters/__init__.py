"""The outside world behind the ports: for each thing a real implementation and an offline one."""
