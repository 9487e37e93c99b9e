"""May I use it, and under which terms?"""
