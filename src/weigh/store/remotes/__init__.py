"""Remotes: places that hold packs and refs for several people: folders, web servers, object stores."""
