"""What a reader of one file found, in the shapes that tests compare."""

from weigh.core.usage import Role


def lines(read, text, path):
    return [(use.place.line, use.ref) for use in read(text.encode(), path, Role.RUNTIME).uses]


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def unresolved(read, text, path):
    return [row.place.line for row in read(text.encode(), path, Role.RUNTIME).unresolved]
