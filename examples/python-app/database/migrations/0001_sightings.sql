create table sightings (
  id integer generated always as identity primary key,
  species text not null check (char_length(species) between 1 and 80),
  birds integer not null check (birds between 1 and 9999),
  seen_at timestamptz not null default now()
);
