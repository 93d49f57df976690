-- SUPER and VARBYTE as base types with the service's numbers.
CREATE SCHEMA redshift_emulator;
GRANT USAGE ON SCHEMA redshift_emulator TO public;

CREATE TYPE pg_catalog.super;
CREATE FUNCTION pg_catalog.super_in(cstring) RETURNS super LANGUAGE internal IMMUTABLE STRICT AS 'json_in';
CREATE FUNCTION pg_catalog.super_out(super) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'json_out';
CREATE FUNCTION pg_catalog.super_recv(internal) RETURNS super LANGUAGE internal IMMUTABLE STRICT AS 'json_recv';
CREATE FUNCTION pg_catalog.super_send(super) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'json_send';
CREATE TYPE pg_catalog.super (
    INPUT = super_in, OUTPUT = super_out, RECEIVE = super_recv, SEND = super_send, LIKE = json);

CREATE TYPE pg_catalog.varbyte;
CREATE FUNCTION pg_catalog.varbyte_in(cstring) RETURNS varbyte LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION pg_catalog.varbyte_out(varbyte) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE FUNCTION pg_catalog.varbyte_recv(internal) RETURNS varbyte LANGUAGE internal IMMUTABLE STRICT
    AS 'bytearecv';
CREATE FUNCTION pg_catalog.varbyte_send(varbyte) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend';
CREATE FUNCTION pg_catalog.varbyte_typmod_in(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT
    AS 'varchartypmodin';
CREATE FUNCTION pg_catalog.varbyte_typmod_out(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT
    AS 'varchartypmodout';
CREATE TYPE pg_catalog.varbyte (
    INPUT = varbyte_in, OUTPUT = varbyte_out, RECEIVE = varbyte_recv, SEND = varbyte_send,
    TYPMOD_IN = varbyte_typmod_in, TYPMOD_OUT = varbyte_typmod_out, LIKE = bytea);

-- Gives a type the number that it has on the service, before anything else refers to it.
DO $$
DECLARE
    kind record;
BEGIN
    FOR kind IN
        SELECT t.oid AS old, w.new FROM pg_catalog.pg_type t
        JOIN (VALUES ('super', 4000), ('varbyte', 6551)) AS w (name, new) ON t.typname = w.name
    LOOP
        UPDATE pg_catalog.pg_proc SET prorettype = kind.new WHERE prorettype = kind.old;
        UPDATE pg_catalog.pg_proc SET proargtypes = kind.new::text::oidvector WHERE proargtypes[0] = kind.old;
        UPDATE pg_catalog.pg_type SET typelem = kind.new WHERE typelem = kind.old;
        UPDATE pg_catalog.pg_depend SET refobjid = kind.new
            WHERE refclassid = 'pg_catalog.pg_type'::regclass AND refobjid = kind.old;
        UPDATE pg_catalog.pg_depend SET objid = kind.new
            WHERE classid = 'pg_catalog.pg_type'::regclass AND objid = kind.old;
        UPDATE pg_catalog.pg_type SET oid = kind.new WHERE oid = kind.old;
    END LOOP;
END $$;

CREATE CAST (super AS varchar) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (super AS text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (super AS json) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (json AS super) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (varbyte AS bytea) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (bytea AS varbyte) WITHOUT FUNCTION AS ASSIGNMENT;

CREATE FUNCTION redshift_emulator.too_long(kind text, longest int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'value too long for type %(%)', kind, longest USING ERRCODE = '22001';
END $$;

CREATE FUNCTION redshift_emulator.cut(value varchar, longest int) RETURNS varchar LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    part varchar := left(value, longest);
BEGIN
    WHILE octet_length(part) > longest LOOP
        part := left(part, length(part) - greatest(1, (octet_length(part) - longest) / 4));
    END LOOP;
    RETURN part;
END $$;

-- Lengths are counted in bytes: these take the place of PostgreSQL's own checks, which count characters.
CREATE FUNCTION redshift_emulator.varchar_bytes(value varchar, modifier int, explicit boolean) RETURNS varchar
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        WHEN modifier < 4 OR octet_length(value) <= modifier - 4 THEN value
        WHEN explicit OR octet_length(rtrim(value, ' ')) <= modifier - 4
            THEN redshift_emulator.cut(value, modifier - 4)
        ELSE redshift_emulator.too_long('character varying', modifier - 4)::varchar
    END
$$;
CREATE FUNCTION redshift_emulator.char_bytes(value bpchar, modifier int, explicit boolean) RETURNS bpchar
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        WHEN octet_length(value::text) = char_length(value::text)
            THEN pg_catalog.bpchar(value, modifier, explicit)
        ELSE redshift_emulator.too_long('character', modifier - 4)::bpchar
    END
$$;
CREATE FUNCTION redshift_emulator.varbyte_bytes(value varbyte, modifier int, explicit boolean) RETURNS varbyte
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        WHEN modifier < 4 OR octet_length(value::bytea) <= modifier - 4 THEN value
        WHEN explicit THEN substring(value::bytea FOR modifier - 4)::varbyte
        ELSE redshift_emulator.too_long('varbyte', modifier - 4)::bytea::varbyte
    END
$$;
UPDATE pg_catalog.pg_cast SET castfunc = 'redshift_emulator.varchar_bytes(varchar, int, boolean)'::regprocedure
    WHERE castsource = 'varchar'::regtype AND casttarget = 'varchar'::regtype;
UPDATE pg_catalog.pg_cast SET castfunc = 'redshift_emulator.char_bytes(bpchar, int, boolean)'::regprocedure
    WHERE castsource = 'bpchar'::regtype AND casttarget = 'bpchar'::regtype;
CREATE CAST (varbyte AS varbyte)
    WITH FUNCTION redshift_emulator.varbyte_bytes(varbyte, int, boolean) AS IMPLICIT;
CREATE FUNCTION redshift_emulator.to_bytes(value varchar) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT convert_to(value, 'UTF8')::varbyte $$;
CREATE CAST (varchar AS varbyte) WITH FUNCTION redshift_emulator.to_bytes(varchar) AS ASSIGNMENT;
