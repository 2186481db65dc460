insert into sightings (species, birds, place, seen_at) values
  ('Mallard', 14, 'open water', '2026-03-07T07:05:00Z'),
  ('Coot', 6, 'open water', '2026-03-07T07:08:00Z'),
  ('Grey heron', 1, 'shore', '2026-03-07T07:20:00Z'),
  ('Reed bunting', 3, 'reeds', '2026-03-07T07:31:00Z'),
  ('Great crested grebe', 2, 'open water', '2026-03-07T07:44:00Z'),
  ('Cormorant', 4, 'island', '2026-03-07T08:02:00Z'),
  ('Mallard', 5, 'shore', '2026-03-07T08:15:00Z'),
  ('Kingfisher', 1, 'reeds', '2026-03-07T08:27:00Z'),
  ('Greylag goose', 11, 'overhead', '2026-03-07T08:40:00Z');
