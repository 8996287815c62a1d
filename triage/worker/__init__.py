"""The steps as jobs of a queue: any number of processes do the work of one."""
