// An arc for each part that --ext-str names.
local lib = import 'lib.libsonnet';
{
  project: { name: 'p', version: '1' },
  placement: { provider: 'local' },
  local parts = std.split(std.extVar('parts'), ','),
  boundaries: [{
    type: 'core:putListenerBoundary',
    name: 'in',
    lotUnit: 'Twelfths',
    dataset: lib.sink('in'),
  }],
  arcs: [lib.copy(part) for part in parts],
}
