{
  sink(name):: { name: name, version: '1', pathURI: 's3://data/' + name + '/' },
  copy(name):: {
    type: 'core:copyArc',
    name: name,
    sources: { main: { name: 'in', version: '1' } },
    sinks: { main: $.sink(name) },
  },
}
