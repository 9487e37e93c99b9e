"""Watching: is a model still used on data like those it was judged on?"""
