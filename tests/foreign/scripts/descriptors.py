"""Print the messages and services of a module that was made of a .proto, as JSON."""

import importlib
import json
import sys

from google.protobuf.descriptor import Descriptor, FieldDescriptor


def described(field: FieldDescriptor) -> list:
    """What counts on the wire: number, type, and whether there can be several."""
    kind = field.message_type.full_name if field.message_type else field.type
    oneof = field.containing_oneof.name if field.containing_oneof else None
    several = field.is_repeated if hasattr(field, "is_repeated") else field.label == 3
    return [field.number, kind, bool(several), oneof]


def messages(message: Descriptor) -> dict:
    """Each message by its name, those inside others too."""
    found = {message.full_name: {field.name: described(field) for field in message.fields}}
    for inner in message.nested_types:
        found |= messages(inner)
    return found


module = importlib.import_module(sys.argv[1])
found = {}
for message in module.DESCRIPTOR.message_types_by_name.values():
    found |= messages(message)
services = {
    service.full_name: {
        method.name: [
            *(method.client_streaming, method.input_type.full_name),
            *(method.server_streaming, method.output_type.full_name),
        ]
        for method in service.methods
    }
    for service in module.DESCRIPTOR.services_by_name.values()
}
print(json.dumps({"messages": found, "services": services}))
