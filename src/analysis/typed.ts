import type { DeclaredDim, TypeInfo } from '../model/type-info.js';
import { joinAll } from '../ops/lib/join.js';
import type { Facts } from '../ops/types.js';
import type { Dim } from '../symbolic/dim.js';

/**
 * Facts as a type that a file can declare; undefined when not even the element type is known, since readers of models
 * reject such a declaration. Sizes that depend on data stay open.
 */
export function typeOfFacts(facts: Facts | undefined): TypeInfo | undefined {
  switch (facts?.kind) {
    case 'tensor':
    case 'sparse': {
      const { kind, dtype, shape } = facts;
      if (!dtype) return undefined;
      return shape === undefined
        ? { kind, elemType: dtype }
        : { kind, elemType: dtype, shape: shape.map(dimToDeclare) };
    }
    case 'sequence': {
      const elemType = typeOfFacts(facts.element ?? joinAll(facts.elements ?? []));
      return elemType && { kind: 'sequence', elemType };
    }
    case 'optional': {
      const elemType = typeOfFacts(facts.element);
      return elemType && { kind: 'optional', elemType };
    }
    case 'map': {
      const valueType = typeOfFacts(facts.value);
      return valueType && { kind: 'map', keyType: facts.keyType, valueType };
    }
    default:
      return undefined;
  }
}

/** A size as `dim_value` or `dim_param`; undefined for what depends on data, which no name in the file would explain. */
export function dimToDeclare(dim: Dim | undefined): DeclaredDim {
  if (dim === undefined || dim.hasFresh) return undefined;
  if (dim.isNumber) return dim.value !== undefined && dim.value >= 0 ? dim.value : undefined;
  return dim.symbolName ?? dim.toExactString();
}
