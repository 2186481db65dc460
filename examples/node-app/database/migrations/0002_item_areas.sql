alter table items
  add column area text not null default 'build' check (area in ('design', 'build', 'docs', 'launch'));
