"""The folder `weigh demo` adopts in: declarations and lock, no code."""
