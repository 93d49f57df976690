-- Functions that the service has and PostgreSQL lacks or has otherwise.
CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.99999'::text
$$;
CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.last_copy_count', true), ''), '0')::bigint
$$;
CREATE FUNCTION pg_catalog.pg_last_copy_id() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::bigint
$$;
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE
    AS $$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE current_setting('TimeZone')) $$;
CREATE FUNCTION pg_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE
    AS $$ SELECT transaction_timestamp() AT TIME ZONE current_setting('TimeZone') $$;
CREATE FUNCTION pg_catalog.len(varchar) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length($1) $$;
CREATE FUNCTION pg_catalog.charindex(varchar, varchar) RETURNS int LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT strpos($2, $1) $$;
CREATE FUNCTION pg_catalog.json_parse(varchar) RETURNS super LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT $1::json::super $$;
CREATE FUNCTION pg_catalog.json_serialize(super) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT $1::varchar $$;
CREATE FUNCTION pg_catalog.json_typeof(super) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT json_typeof($1::json)::varchar $$;
CREATE FUNCTION pg_catalog.is_object(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT json_typeof($1::json) = 'object' $$;
CREATE FUNCTION pg_catalog.is_array(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT json_typeof($1::json) = 'array' $$;
CREATE FUNCTION pg_catalog.to_varbyte(varchar, varchar) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (CASE lower($2) WHEN 'hex' THEN decode($1, 'hex') WHEN 'base64' THEN decode($1, 'base64')
            ELSE convert_to($1, 'UTF8') END)::varbyte
$$;
CREATE FUNCTION pg_catalog.from_varbyte(varbyte, varchar) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE lower($2) WHEN 'hex' THEN encode($1, 'hex') WHEN 'base64' THEN encode($1, 'base64')
           ELSE convert_from($1, 'UTF8') END::varchar
$$;
