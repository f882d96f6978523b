-- What an access token is good for: 'live', 'expired' or 'revoked'. A disabled user's tokens count as revoked.
create or replace function token_state(revoked_at timestamptz, expires_at timestamptz, user_disabled_at timestamptz,
  at timestamptz)
returns text language sql immutable parallel safe as $$
  select case
    when revoked_at is not null or user_disabled_at is not null then 'revoked'
    when expires_at <= at then 'expired'
    else 'live' end
$$;
