"""Writes src/ops/data/op-schemas.json from the Python packages onnx and onnxruntime: what their operators take and give.

usage: python scripts/op-schemas.py          (needs: pip install onnx onnxruntime)

One line an operator, its versions from old to new. Formals are written name:type, where type is a name of the version's
constraints or a type, and ends in ? (optional), * (any number of one type) or ** (any number of any types). Attributes
are their type (lower case, ! when required), or [type, default]. See src/ops/schema.ts, which reads it.
"""
import json
import pathlib

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort

UNBOUNDED = 2**31 - 1
ATTRIBUTE_TYPES = ['', 'float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings', 'tensors', 'graphs',
                   'sparse_tensor', 'sparse_tensors', 'type_proto', 'type_protos']


def enum_name(value):
    return str(value).rsplit('.', 1)[-1].upper()


def plain(type_text):
    """tensor(float) -> float; other types stay as they are."""
    type_text = type_text.replace(' ', '')
    inner = type_text[len('tensor('):-1]
    return inner if type_text.startswith('tensor(') and '(' not in inner else type_text


def formal(parameter):
    option = enum_name(parameter.option)
    many = '*' if getattr(parameter, 'isHomogeneous', getattr(parameter, 'is_homogeneous', True)) else '**'
    mark = {'SINGLE': '', 'OPTIONAL': '?', 'VARIADIC': many}[option]
    text = getattr(parameter, 'typeStr', None) or parameter.type_str
    return f'{parameter.name}:{plain(text)}{mark}'


def arity(low, high):
    return [low] if high >= UNBOUNDED else [low, high]


def attribute(schema_attribute):
    kind = enum_name(schema_attribute.type).lower()
    if schema_attribute.required:
        return f'{kind}!'
    default = default_of(schema_attribute)
    return kind if default is None else [kind, default]


def default_of(schema_attribute):
    proto = schema_attribute.default_value if hasattr(schema_attribute, 'default_value') else None
    if proto is None and hasattr(schema_attribute, '_default_value'):
        proto = schema_attribute._default_value
    if isinstance(proto, bytes):
        proto = onnx.AttributeProto.FromString(proto)
    if not isinstance(proto, onnx.AttributeProto) or proto.type == onnx.AttributeProto.UNDEFINED:
        return None
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float):
        return shortest(value)
    if isinstance(value, (list, tuple)):
        return [v.decode() if isinstance(v, bytes) else shortest(v) if isinstance(v, float) else v for v in value]
    return value if isinstance(value, int) else None


def shortest(value):
    """The shortest decimal number that is this 32-bit float."""
    return float(f'{value:.9g}')


def version(schema, sets, is_function):
    constraints = {c.type_param_str: sets.setdefault(tuple(sorted(map(plain, c.allowed_type_strs))), len(sets))
                   for c in schema.type_constraints}
    flags = ''.join(mark for mark, on in (('d', schema.deprecated), ('f', is_function)) if on)
    entry = [
        schema.since_version,
        [formal(p) for p in schema.inputs], arity(schema.min_input, schema.max_input),
        [formal(p) for p in schema.outputs], arity(schema.min_output, schema.max_output),
        constraints,
        {name: attribute(a) for name, a in schema.attributes.items()},
    ]
    return entry + [flags] if flags else entry


def main():
    sets, ops = {}, {}
    seen = set()
    for schema in onnx.defs.get_all_schemas_with_history():
        seen.add((schema.domain, schema.name, schema.since_version))
        is_function = schema.has_function or schema.has_context_dependent_function
        ops.setdefault(schema.domain, {}).setdefault(schema.name, []).append(version(schema, sets, is_function))
    for schema in ort.get_all_operator_schema():
        key = (schema.domain, schema.name, schema.since_version)
        if key in seen:
            continue
        seen.add(key)
        ops.setdefault(schema.domain, {}).setdefault(schema.name, []).append(version(schema, sets, False))

    lines = []
    for domain in sorted(ops):
        rows = []
        for name in sorted(ops[domain]):
            versions = sorted(ops[domain][name], key=lambda entry: entry[0])
            rows.append(f'{json.dumps(name)}:{json.dumps(versions, separators=(",", ":"))}')
        lines.append(f'{json.dumps(domain)}:{{\n' + ',\n'.join(rows) + '\n}')
    opsets = {domain: max(v[0] for versions in ops[domain].values() for v in versions) for domain in sorted(ops)}
    opsets[''] = max(opsets[''], onnx.defs.onnx_opset_version())
    head = {'onnx': onnx.__version__, 'onnxruntime': onnxruntime.__version__, 'opsets': opsets,
            'sets': [' '.join(s) for s in sets]}
    text = json.dumps(head, separators=(',', ':'))[:-1] + ',\n"ops":{\n' + ',\n'.join(lines) + '\n}}\n'
    target = pathlib.Path(__file__).parent.parent / 'src/ops/data/op-schemas.json'
    target.write_text(text)
    print(f'{target}: {len(text)} bytes, {len(seen)} versions')


if __name__ == '__main__':
    main()
