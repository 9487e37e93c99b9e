"""Does loading this file do more than it says?"""
