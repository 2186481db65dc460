import { sql } from "kysely";
import type { Store } from "../../src/index.ts";

export interface Violations {
  /** Two grants of one slot were obeyed beside each other. */
  twoHolders: number;
  /** An effect was accepted whose lease had run out, or was somebody else's by then. */
  effectOfLostEpoch: number;
  /** A slot was granted without a new epoch. */
  epochNotGrowing: number;
  /** A slot was granted that was not free, or still to be cleaned. */
  doubleGrant: number;
  /** A slot that was released is still held, was released twice, or was not although it was the holder who asked. */
  lostRelease: number;
  /** A run was given a slot that an earlier one waited for. */
  passedOver: number;
}

export const NO_VIOLATIONS: Readonly<Violations> = {
  twoHolders: 0,
  effectOfLostEpoch: 0,
  epochNotGrowing: 0,
  doubleGrant: 0,
  lostRelease: 0,
  passedOver: 0,
};

/** The database itself notes every grant, every end of one, and every effect, with what it knows at that moment. Begins anew when called again. */
export async function watchTheDatabase(db: Store): Promise<void> {
  await sql`drop table if exists grants, endings, locked, effects`.execute(db);
  await sql`drop function if exists note_lease, note_effect cascade`.execute(db);
  await sql`
    create table grants (id bigint generated always as identity, slot_id text, epoch bigint, epoch_before bigint,
      from_free boolean, passed_over boolean)`.execute(db);
  await sql`create table endings (slot_id text, epoch bigint)`.execute(db);
  await sql`create table locked (slot_id text, since timestamptz, until timestamptz)`.execute(db);
  await sql`
    create table effects (slot_id text, lease_epoch bigint, current_epoch bigint, expires_at timestamptz,
      began timestamptz default now(), at timestamptz default clock_timestamp())`.execute(db);
  await sql`
    create function note_lease() returns trigger language plpgsql as $$
    begin
      if new.expires_at is null then
        insert into endings values (old.slot_id, old.lease_epoch);
      else
        insert into grants (slot_id, epoch, epoch_before, from_free, passed_over) values (new.slot_id, new.lease_epoch, old.lease_epoch,
          old.expires_at is null and (new.run_id is null or old.quarantined_at is null),
          new.run_id is not null and (select count(*) from runs where status = 'queued'
              and arrival < (select arrival from runs where run_id = new.run_id))
            > (select count(*) from slot_leases where expires_at is null and quarantined_at is null));
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger note_lease after update on slot_leases for each row
      when ((new.expires_at is null) <> (old.expires_at is null) or new.run_id is distinct from old.run_id)
      execute function note_lease()`.execute(db);
  await sql`
    create function note_effect() returns trigger language plpgsql as $$
    begin
      select lease_epoch, expires_at into new.current_epoch, new.expires_at from slot_leases where slot_id = new.slot_id;
      return new;
    end $$`.execute(db);
  await sql`create trigger note_effect before insert on effects for each row execute function note_effect()`.execute(
    db,
  );
}

/**
 * The lease was gone when the effect's transaction began, or by the time that it could have the row's lock. One that runs out after
 * that is kept by the lock until the effect is over.
 */
const isOfLostEpoch = sql`(lease_epoch <> current_epoch or expires_at is null or expires_at <= began or exists (
  select from locked where locked.slot_id = effects.slot_id and began between since and until and expires_at < until))`;

/** Adds what the database has seen to what the workers have. */
export async function countViolations(db: Store, violations: Violations): Promise<void> {
  const { rows } = await sql<Violations>`
    select
      (select count(*)::int from effects older join effects newer using (slot_id)
        where older.lease_epoch < newer.lease_epoch and older.at > newer.at) as "twoHolders",
      (select count(*)::int from effects where ${isOfLostEpoch}) as "effectOfLostEpoch",
      (select count(*)::int from grants where epoch <= epoch_before) as "epochNotGrowing",
      (select count(*)::int from grants where not from_free)
        + (select count(*)::int from (select from grants group by slot_id, epoch having count(*) > 1) twice) as "doubleGrant",
      (select count(*)::int from (select from endings group by slot_id, epoch having count(*) > 1) twice) as "lostRelease",
      (select count(*)::int from grants where passed_over) as "passedOver"`.execute(db);
  for (const [name, count] of Object.entries(rows[0] ?? {})) violations[name as keyof Violations] += count;
}
