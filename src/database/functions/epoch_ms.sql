-- A time as JavaScript counts it. `pg` needs ten times as long to make a Date of a timestamp.
create or replace function epoch_ms(at timestamptz)
returns float8 language sql stable parallel safe as $$
  select (extract(epoch from at) * 1000)::float8
$$;
