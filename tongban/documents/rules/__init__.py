"""The law of files: what a file is by its content, whether we take it, and the name it is kept under."""

from tongban.documents.rules.inspecting import (
    EICAR,
    NAME_MAX,
    PIXELS_MAX,
    check_size,
    clean_name,
    holds_eicar,
    inspect,
    media_type_of,
)

__all__ = ["EICAR", "NAME_MAX", "PIXELS_MAX", "check_size", "clean_name", "holds_eicar", "inspect", "media_type_of"]
