{
  project: unknown,
}
