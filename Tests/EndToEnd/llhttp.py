"""llhttp, the parser of Node.js, in its strict mode: what it makes of the first message of some bytes.

Its C sources come from PyPI (scripts/end-to-end builds the library); called through ctypes, so that no headers of Python are needed.
"""
import ctypes

import processes

LIBRARY = processes.ROOT / ".venv/llhttp.so"
REQUEST, RESPONSE = 1, 2  # llhttp_type_t
OK, PAUSED, PAUSED_UPGRADE = 0, 21, 22  # llhttp_errno_t

# llhttp_settings_t, field by field.
SETTINGS = """on_message_begin on_protocol on_url on_status on_method on_version on_header_field on_header_value on_chunk_extension_name
on_chunk_extension_value on_headers_complete on_body on_message_complete on_protocol_complete on_url_complete on_status_complete
on_method_complete on_version_complete on_header_field_complete on_header_value_complete on_chunk_extension_name_complete
on_chunk_extension_value_complete on_chunk_header on_chunk_complete on_reset""".split()
PARSER_SIZE = 512  # llhttp_t has 96 bytes

Data = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
Event = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Reader:
    def __init__(self):
        self.library = ctypes.CDLL(str(LIBRARY))
        self.library.llhttp_get_error_reason.restype = ctypes.c_char_p
        self.library.llhttp_errno_name.restype = ctypes.c_char_p
        self.settings = (ctypes.c_void_p * len(SETTINGS))()
        self.callbacks = []  # Kept: C holds their addresses only.
        for name in ("on_url", "on_status", "on_method", "on_version", "on_body"):
            self.on(name, Data(lambda _, at, count, name=name: self.data(name, at, count)))
        self.on("on_header_field", Data(lambda _, at, count: self.data("field", at, count)))
        self.on("on_header_value", Data(lambda _, at, count: self.data("value", at, count)))
        self.on("on_header_value_complete", Event(lambda _: self.field()))
        self.on("on_headers_complete", Event(lambda _: self.headers()))
        self.on("on_message_complete", Event(lambda _: self.complete()))

    def on(self, name, callback):
        self.callbacks.append(callback)
        self.settings[SETTINGS.index(name)] = ctypes.cast(callback, ctypes.c_void_p).value

    def data(self, name, at, count):
        self.parts[name] = self.parts.get(name, b"") + ctypes.string_at(at, count)
        return OK

    def field(self):
        name, value = self.parts.pop("field", b""), self.parts.pop("value", b"")
        if not self.is_trailer:
            # The blanks behind a value are its caller's to cut.
            self.fields.append((name, value.rstrip(b" \t")))
        return OK

    def headers(self):
        self.is_trailer = True
        return OK

    def complete(self):
        self.is_complete = True
        return PAUSED

    def read(self, kind, message):
        """("accept", message) or ("more", None) or ("reject", reason)."""
        self.parts, self.fields, self.is_trailer, self.is_complete = {}, [], False, False
        parser = ctypes.create_string_buffer(PARSER_SIZE)
        self.library.llhttp_init(parser, kind, ctypes.byref(self.settings))
        status = self.library.llhttp_execute(parser, message, ctypes.c_size_t(len(message)))
        if self.is_complete:
            return "accept", self.message(kind, self.library.llhttp_get_status_code(parser))
        if status in (OK, PAUSED, PAUSED_UPGRADE):
            return "more", None
        name = self.library.llhttp_errno_name(status).decode()
        return "reject", f"{name}: {(self.library.llhttp_get_error_reason(parser) or b'').decode()}"

    def message(self, kind, status):
        def part(name):
            return text(self.parts.get(name, b""))

        version = "HTTP/" + part("on_version")
        start = [part("on_method"), part("on_url"), version] if kind == REQUEST else [version, f"{status}", part("on_status")]
        return {
            "start": start, "names": [text(name) for name, _ in self.fields], "values": [text(value) for _, value in self.fields],
            "body": self.parts.get("on_body", b"").hex(),
        }


def text(data):
    return data.decode("utf-8", "replace")
