"""Will it run here, and how fast?"""
