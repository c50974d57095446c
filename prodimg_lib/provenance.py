"""Where a generated image comes from, written into its PNG file and read back.

Three text chunks (iTXt): ``Software`` for people; an XMP packet, in the keyword that the PNG
specification gives it, with the IPTC's digital source type "trained algorithmic media", by which
image searches and photo libraries label generated images; and ``prodimg``, JSON with all that is
known. Nothing in them depends on the day or the machine.

A chunk is a label, no proof: whoever edits the file can remove it. Signed credentials (C2PA) need a
certificate of whoever publishes the images.
"""

import functools
import hashlib
import json
from importlib import metadata
from xml.sax.saxutils import quoteattr

import numpy as np

from prodimg_lib.errors import InputError

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
FACTS = "prodimg"
XMP = "XML:com.adobe.xmp"
_PACKET = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:CreatorTool={tool}
 Iptc4xmpExt:DigitalSourceType={kind}/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@functools.cache
def software():
    """Name and version of this library."""
    return f"prodimg-lib {metadata.version('prodimg-lib')}"


def digest(arrays):
    """SHA-256, in hexadecimal, of weights: of the shapes, types and values of arrays, in order."""
    told = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array)
        told.update(f"{array.dtype} {array.shape}".encode())
        told.update(array.data)
    return told.hexdigest()


def chunks(facts):
    """What to write into a PNG file: ``{keyword: text}``, see ``plots.png``.

    Args:
        facts: dict of texts and numbers, such as ``model``, ``weights``, ``run``, ``class``,
            ``seed`` and ``index``; what is None is left out.
    """
    facts = {name: value for name, value in facts.items() if value is not None}
    told = {"generated": True, "software": software(), **facts}
    return {
        "Software": f"{software()}: a generated image, not a photograph",
        FACTS: json.dumps(told, ensure_ascii=False),
        XMP: _PACKET.format(tool=quoteattr(software()), kind=quoteattr(SOURCE_TYPE)),
    }


def read(path):
    """What ``chunks`` wrote into a PNG file.

    Args:
        path: of a file, or a binary file.

    Returns:
        dict: the facts, with ``generated``, ``software`` and ``digital_source_type`` (None where
        the file has no such packet); None for an image that was not marked by this library.

    Raises:
        InputError: no image that can be read, or a mark that is damaged.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            told = dict(getattr(image, "text", {}))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} is no image that can be read: {error}") from None
    if FACTS not in told:
        return None
    try:
        facts = json.loads(told[FACTS])
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise InputError(f"{path}: its {FACTS!r} text chunk is no JSON object: the file was edited")
    marked = f"DigitalSourceType={quoteattr(SOURCE_TYPE)}" in told.get(XMP, "")
    return facts | {"digital_source_type": SOURCE_TYPE if marked else None}
