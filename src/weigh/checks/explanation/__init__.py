"""Why does it answer so?"""
