// What the report needs of Vega: one bundle, without the transforms that no chart of ours uses
// (maps, forces, trees, word clouds). README.md beside this file says how it is built.
import { extend } from 'vega-util';
import { transforms } from 'vega-dataflow';
import * as data from 'vega-transforms';
import * as layout from 'vega-view-transforms';
import * as encode from 'vega-encode';
import { View } from 'vega-view';
import { parse } from 'vega-parser';
import { compile } from 'vega-lite';
import { expressionInterpreter } from 'vega-interpreter';

extend(transforms, data, layout, encode);
globalThis.weighCharts = { View, parse, compile, expressionInterpreter };
