alter table sightings
  add column place text not null default 'open water'
  check (place in ('open water', 'reeds', 'island', 'shore', 'overhead'));

create index sightings_by_time on sightings (seen_at desc, id desc);
