"""Does it treat groups of people alike, and what does it cost to make it do so?"""
