"""Requirements, waivers and the judge: a pure function of core values."""
