"""Writes src/ops/data/ort-cpu-kernels.json: the floating-point types that operators allow and onnxruntime's CPU provider lacks.

usage: python scripts/op-kernels.py          (needs: pip install onnx onnxruntime)

Measured, not read: for every version of every operator, a model of that one node is made for each of its type parameters
and each small float (the others get a type that runs everywhere), and a session is created on the CPU. Only "could not
find an implementation" counts; onnxruntime runs many float16 nodes in float by itself, and those are not listed. Where the
function that defines an operator takes parameters of one type only, although the schema allows several, they are listed
as "together".
"""
import datetime
import json
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import AttributeProto, TensorProto, helper

ort.set_default_logger_severity(4)
CANDIDATES = ['float16', 'bfloat16']
USUAL = ['float', 'int64', 'int32', 'bool', 'uint8', 'int8', 'double', 'string']
DTYPE_ATTRIBUTES = {'dtype', 'to', 'output_dtype', 'output_datatype'}
MISSING = 'Could not find an implementation'
MIXED = 'bound to different types'


def number(name):
    return getattr(TensorProto, name.upper())


def plain(text):
    text = text.replace(' ', '')
    return text[len('tensor('):-1] if text.startswith('tensor(') else text


def type_proto(name):
    if name.startswith('seq(tensor('):
        return helper.make_sequence_type_proto(helper.make_tensor_type_proto(number(name[len('seq(tensor('):-2]), None))
    if '(' in name:
        return None
    return helper.make_tensor_type_proto(number(name), None)


def has_body(schema):
    """A graph attribute cannot be made up in general: operators with one are left out."""
    return any(a.type == onnx.defs.OpSchema.AttrType.GRAPH for a in schema.attributes.values())


def attributes(schema, dtype):
    made = {}
    kind = onnx.defs.OpSchema.AttrType
    for name, attribute in schema.attributes.items():
        if name in DTYPE_ATTRIBUTES and attribute.type == kind.INT and dtype is not None:
            made[name] = number(dtype)
        elif name == 'value' and schema.name in ('Constant', 'ConstantOfShape') and dtype is not None:
            made[name] = helper.make_tensor('', number(dtype), [1], np.zeros(2, np.uint8), raw=True)
        elif attribute.required:
            made[name] = {
                kind.INT: 1, kind.INTS: [1, 1], kind.FLOAT: 1.0, kind.FLOATS: [1.0], kind.STRINGS: ['a'],
                kind.STRING: 'ij,jk->ik' if schema.name == 'Einsum' else 'a',
            }.get(attribute.type)
    return {name: value for name, value in made.items() if value is not None}


def model_for(schema, variable, dtype, everywhere=False):
    constraints = {c.type_param_str: [plain(t) for t in c.allowed_type_strs] for c in schema.type_constraints}
    chosen = {}
    for name, allowed in constraints.items():
        chosen[name] = next((t for t in USUAL if t in allowed), allowed[0])
        if everywhere and dtype in allowed and 'float' in allowed:
            chosen[name] = dtype
    chosen[variable] = dtype
    type_of = lambda formal: type_proto(chosen.get(formal.type_str, plain(formal.type_str)))
    inputs = []
    for i, formal in enumerate(schema.inputs):
        count = max(2, schema.min_input) if formal.option == onnx.defs.OpSchema.FormalParameterOption.Variadic else 1
        if i >= schema.min_input and formal.type_str != variable and formal.option != onnx.defs.OpSchema.FormalParameterOption.Variadic:
            inputs.append(None)
            continue
        inputs += [onnx.ValueInfoProto(name=f'i{i}_{k}', type=type_of(formal)) for k in range(count)]
    while inputs and inputs[-1] is None:
        inputs.pop()
    only_output = not any(f.type_str == variable for f in schema.inputs)
    outputs = [onnx.ValueInfoProto(name=f'o{i}') for i, _ in enumerate(schema.outputs[:max(1, schema.min_output)])]
    if only_output and not any(f.type_str == variable for f in schema.outputs[:len(outputs)]):
        return None
    given = attributes(schema, dtype if only_output else None)
    if only_output and not (DTYPE_ATTRIBUTES | {'value'}) & set(given):
        return None
    node = helper.make_node(schema.name, [i.name if i is not None else '' for i in inputs], [o.name for o in outputs],
                            domain=schema.domain, **given)
    graph = helper.make_graph([node], 'g', [i for i in inputs if i is not None], outputs)
    imports = [helper.make_opsetid(schema.domain, schema.since_version)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def outcome(model):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        ort.InferenceSession(model.SerializeToString(), options, providers=['CPUExecutionProvider'])
        return 'ok'
    except Exception as error:  # onnxruntime's own exceptions have no common base
        return 'missing' if MISSING in str(error) else 'mixed' if MIXED in str(error) else 'other'


def main():
    missing, together, others = {}, {}, 0
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain != '' or schema.deprecated or is_too_old(schema) or has_body(schema):
            continue
        for constraint in schema.type_constraints:
            allowed = [plain(t) for t in constraint.allowed_type_strs]
            baseline = 'float' if 'float' in allowed else None
            if baseline is None:
                continue
            lacking = []
            for dtype in CANDIDATES:
                if dtype not in allowed:
                    continue
                model = model_for(schema, constraint.type_param_str, dtype)
                if model is None:
                    continue
                result = outcome(model)
                if result == 'mixed':
                    whole = outcome(model_for(schema, constraint.type_param_str, dtype, everywhere=True))
                    floats = [c.type_param_str for c in schema.type_constraints
                              if all('float' in t or 'double' in t for t in c.allowed_type_strs)]
                    if whole != 'mixed':
                        together.setdefault(schema.name, {})[schema.since_version] = ' '.join(floats)
                    result = 'missing' if whole in ('missing', 'mixed') else 'ok'
                if result == 'ok':
                    continue
                reference = outcome(model_for(schema, constraint.type_param_str, baseline))
                if result == 'missing' and reference != 'missing':
                    lacking.append(dtype)
                elif result != 'missing':
                    others += 1
            if lacking:
                missing.setdefault(schema.name, []).append([schema.since_version, constraint.type_param_str, ' '.join(lacking)])
    together = {name: sorted(map(list, rows.items())) for name, rows in sorted(together.items())}
    rows = [f'{json.dumps(name)}:{json.dumps(sorted(missing[name]), separators=(",", ":"))}' for name in sorted(missing)]
    head = json.dumps({'onnxruntime': ort.__version__, 'onnx': onnx.__version__, 'measured': datetime.date.today().isoformat(),
                       'together': together})
    text = head[:-1] + ',\n"missing":{\n' + ',\n'.join(rows) + '\n}}\n'
    target = pathlib.Path(__file__).parent.parent / 'src/ops/data/ort-cpu-kernels.json'
    target.write_text(text)
    print(f'{target}: {len(text)} bytes, {len(missing)} operators; {others} combinations fail for other reasons')


def is_too_old(schema):
    """Is it replaced by operator set 7, the oldest that onnxruntime runs?"""
    versions = [s.since_version for s in onnx.defs.get_all_schemas_with_history()
                if s.name == schema.name and s.domain == schema.domain]
    return any(schema.since_version < version <= 7 for version in versions)


if __name__ == '__main__':
    main()
