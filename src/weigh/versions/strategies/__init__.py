"""How two changes of one tensor become one."""
