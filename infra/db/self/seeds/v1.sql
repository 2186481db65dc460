insert into preview_notes (body) values ('This database was made for one preview of oroboros-runtime.');
