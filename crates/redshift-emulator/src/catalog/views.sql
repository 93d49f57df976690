-- The service's views of its catalog.
CREATE VIEW redshift_emulator.columns AS
    SELECT c.oid AS table_id, n.nspname, c.relname, c.relkind, c.relowner, a.attname, a.attnum, a.atttypid, a.atttypmod,
        a.attnotnull, format_type(a.atttypid, a.atttypmod) AS type,
        redshift_emulator.label_of(c.oid) AS label
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm')
        AND n.nspname NOT IN ('pg_toast', 'redshift_emulator') AND n.nspname NOT LIKE 'pg!_toast%' ESCAPE '!';

CREATE VIEW pg_catalog.pg_table_def AS
    SELECT nspname AS schemaname, relname AS tablename, attname AS "column", type::varchar AS type,
        redshift_emulator.encoding(label, attnum, atttypid)::varchar AS encoding,
        coalesce((label ->> 'distkey')::int = attnum, false) AS distkey,
        coalesce((
            SELECT CASE WHEN (label ->> 'interleaved')::boolean AND place % 2 = 0 THEN -place ELSE place END
            FROM jsonb_array_elements_text(label -> 'sortkey') WITH ORDINALITY AS k (number, place)
            WHERE number::int = attnum), 0)::int AS sortkey,
        attnotnull AS notnull
    FROM redshift_emulator.columns
    WHERE relkind = 'r' AND nspname = ANY (current_schemas(true));

CREATE VIEW pg_catalog.svv_table_info AS
    SELECT current_database()::varchar AS database, n.nspname::varchar AS schema, c.oid AS table_id,
        c.relname::varchar AS "table",
        CASE WHEN label -> 'encodings' IS NULL OR label -> 'encodings' = '{}' OR (label ->> 'encode_auto')::boolean
            THEN 'Y, AUTO(ENCODE)' ELSE 'Y' END::varchar AS encoded,
        CASE coalesce(label ->> 'diststyle', 'AUTO')
            WHEN 'KEY' THEN 'KEY(' || (
                SELECT attname FROM pg_catalog.pg_attribute
                WHERE attrelid = c.oid AND attnum = (label ->> 'distkey')::int) || ')'
            WHEN 'AUTO' THEN 'AUTO(ALL)'
            ELSE label ->> 'diststyle' END::varchar AS diststyle,
        CASE WHEN (label ->> 'interleaved')::boolean THEN 'INTERLEAVED' ELSE (
            SELECT attname FROM pg_catalog.pg_attribute
            WHERE attrelid = c.oid AND attnum = (label -> 'sortkey' ->> 0)::int) END::varchar AS sortkey1,
        (SELECT max(atttypmod - 4) FROM pg_catalog.pg_attribute
            WHERE attrelid = c.oid AND attnum > 0 AND atttypid = 1043) AS max_varchar,
        coalesce(jsonb_array_length(label -> 'sortkey'), 0) AS sortkey_num,
        (1 + pg_relation_size(c.oid) / 1048576)::bigint AS size, 0::numeric(10,4) AS pct_used, 0::int AS empty,
        0::numeric(5,2) AS unsorted, 0::numeric(5,2) AS stats_off, rows::numeric(38,0) AS tbl_rows,
        rows::numeric(38,0) AS estimated_visible_rows
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
    LATERAL (SELECT redshift_emulator.label_of(c.oid) AS label) l,
    LATERAL (SELECT redshift_emulator.row_count(c.oid) AS rows) r
    WHERE c.relkind = 'r' AND rows > 0
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'redshift_emulator')
        AND (n.nspname NOT LIKE 'pg!_temp%' ESCAPE '!' OR n.oid = pg_my_temp_schema());

CREATE VIEW pg_catalog.svv_tables AS
    SELECT current_database()::varchar AS table_catalog, n.nspname::varchar AS table_schema,
        c.relname::varchar AS table_name,
        CASE c.relkind WHEN 'r' THEN 'BASE TABLE' ELSE 'VIEW' END::varchar AS table_type,
        obj_description(c.oid, 'pg_class')::varchar AS remarks
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('pg_toast', 'redshift_emulator');

CREATE VIEW pg_catalog.svv_columns AS
    SELECT c.table_catalog::varchar, c.table_schema::varchar, c.table_name::varchar, c.column_name::varchar,
        c.ordinal_position::int, c.column_default::varchar, c.is_nullable::varchar,
        format_type(a.atttypid, NULL)::varchar AS data_type, c.character_maximum_length::int,
        c.numeric_precision::int, c.numeric_precision_radix::int, c.numeric_scale::int,
        c.datetime_precision::int, c.interval_type::varchar, c.interval_precision::varchar,
        c.character_set_catalog::varchar, c.character_set_schema::varchar, c.character_set_name::varchar,
        c.collation_catalog::varchar, c.collation_schema::varchar, c.collation_name::varchar,
        c.domain_name::varchar,
        col_description(a.attrelid, a.attnum)::varchar AS remarks
    FROM information_schema.columns c
    JOIN pg_catalog.pg_namespace n ON n.nspname = c.table_schema
    JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = c.table_name
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attname = c.column_name
    WHERE c.table_schema <> 'redshift_emulator';

-- How an identity stands among the defaults.
CREATE FUNCTION redshift_emulator.identity_text(target oid, number int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s(%s, %s, ''%s,%s''::text)',
            CASE a.attidentity WHEN 'a' THEN '"identity"' ELSE 'default_identity' END,
            target, number - 1, s.seqstart, s.seqincrement)
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid
            AND d.refobjsubid = a.attnum AND d.deptype = 'i'
        JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
        WHERE a.attrelid = target AND a.attnum = number AND a.attidentity <> ''
$$;

CREATE VIEW pg_catalog.svv_redshift_columns AS
    SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name,
        relname::varchar AS table_name, attname::varchar AS column_name, attnum::int AS ordinal_position,
        type::varchar AS data_type,
        coalesce(redshift_emulator.identity_text(table_id, attnum),
            (SELECT pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef
                WHERE adrelid = table_id AND adnum = attnum))::varchar AS column_default,
        CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END::varchar AS is_nullable,
        redshift_emulator.encoding(label, attnum, atttypid)::varchar AS encoding,
        coalesce((label ->> 'distkey')::int = attnum, false) AS distkey,
        coalesce((
            SELECT place FROM jsonb_array_elements_text(label -> 'sortkey') WITH ORDINALITY AS k (number, place)
            WHERE number::int = attnum), 0)::int AS sortkey,
        col_description(table_id, attnum)::varchar AS remarks
    FROM redshift_emulator.columns WHERE nspname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW redshift_emulator.grants AS
    SELECT n.nspname, c.relname, NULL::name AS attname, g.privilege_type, g.grantee, g.is_grantable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(c.relacl) g
    WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname <> 'redshift_emulator'
    UNION ALL
    SELECT n.nspname, c.relname, a.attname, g.privilege_type, g.grantee, g.is_grantable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, LATERAL aclexplode(a.attacl) g
    WHERE n.nspname NOT IN ('redshift_emulator', 'pg_catalog');

CREATE VIEW redshift_emulator.grantees AS
    SELECT g.*, coalesce(r.rolname, 'public')::varchar AS identity_name,
        CASE WHEN g.grantee = 0 THEN 'public' WHEN r.rolcanlogin THEN 'user'
            WHEN shobj_description(r.oid, 'pg_authid') = 'role' THEN 'role' ELSE 'group' END::varchar
            AS identity_type
    FROM redshift_emulator.grants g LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee;

CREATE VIEW pg_catalog.svv_relation_privileges AS
    SELECT nspname::varchar AS namespace_name, relname::varchar AS relation_name,
        privilege_type::varchar AS privilege_type, grantee::int AS identity_id, identity_name, identity_type,
        is_grantable AS admin_option
    FROM redshift_emulator.grantees WHERE attname IS NULL;

CREATE VIEW pg_catalog.svv_column_privileges AS
    SELECT nspname::varchar AS namespace_name, relname::varchar AS relation_name, attname::varchar AS column_name,
        privilege_type::varchar AS privilege_type, grantee::int AS identity_id, identity_name, identity_type
    FROM redshift_emulator.grantees WHERE attname IS NOT NULL;

CREATE VIEW pg_catalog.stv_db_isolation_level AS
    SELECT oid::int AS db_id, datname::char(128) AS db_name,
        CASE current_setting('default_transaction_isolation') WHEN 'serializable' THEN 'Serializable'
            ELSE 'Snapshot Isolation' END::char(20) AS isolation_level
    FROM pg_catalog.pg_database;

CREATE VIEW redshift_emulator.schemas AS
    SELECT nspname, nspowner, nspacl FROM pg_catalog.pg_namespace
    WHERE nspname <> 'redshift_emulator' AND nspname NOT LIKE 'pg!_toast%' ESCAPE '!'
        AND nspname NOT LIKE 'pg!_temp%' ESCAPE '!';
CREATE VIEW pg_catalog.svv_all_schemas AS
    SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name,
        nspowner::int AS schema_owner, 'local'::varchar AS schema_type,
        array_to_string(nspacl, '~')::varchar AS schema_acl, NULL::varchar AS source_database,
        NULL::varchar AS schema_option
    FROM redshift_emulator.schemas;
CREATE VIEW pg_catalog.svv_redshift_schemas AS
    SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option
    FROM pg_catalog.svv_all_schemas;
CREATE VIEW pg_catalog.svv_redshift_tables AS
    SELECT current_database()::varchar AS database_name, n.nspname::varchar AS schema_name,
        c.relname::varchar AS table_name,
        CASE c.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END::varchar AS table_type,
        array_to_string(c.relacl, '~')::varchar AS table_acl, obj_description(c.oid, 'pg_class')::varchar AS remarks
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm')
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'redshift_emulator');
CREATE VIEW pg_catalog.svv_all_tables AS
    SELECT database_name, schema_name, table_name, table_acl, table_type, remarks
    FROM pg_catalog.svv_redshift_tables;
CREATE VIEW pg_catalog.svv_all_columns AS
    SELECT table_catalog AS database_name, table_schema AS schema_name, table_name, column_name, ordinal_position,
        column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
    FROM pg_catalog.svv_columns;

-- 0 EVEN, 1 KEY, 8 ALL, 10 AUTO(ALL).
CREATE FUNCTION redshift_emulator.reldiststyle(target oid) RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT CASE redshift_emulator.label_of(target) ->> 'diststyle'
        WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 10 END::smallint
$$;

-- A late-binding view is shown by its own statement.
CREATE FUNCTION redshift_emulator.viewdef(oid) RETURNS text LANGUAGE internal STABLE STRICT AS 'pg_get_viewdef';
-- (PostgreSQL calls its own function by number unless this one is put in its place while planning: so it is not STRICT.)
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_viewdef(oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(redshift_emulator.label_of($1) ->> 'late_statement', redshift_emulator.viewdef($1))
$$;
CREATE OR REPLACE VIEW pg_catalog.pg_views AS
    SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner,
        coalesce(redshift_emulator.label_of(c.oid) ->> 'late_statement', redshift_emulator.viewdef(c.oid))
            AS definition
    FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname <> 'redshift_emulator';

-- Writers of one table wait for each other: the snapshot is taken first, then the table.
CREATE FUNCTION redshift_emulator.write_lock(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    target regclass := to_regclass(name);
BEGIN
    IF EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE oid = target AND relkind = 'r') THEN
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', target);
    END IF;
END $$;

GRANT SELECT ON pg_catalog.svv_all_schemas, pg_catalog.svv_redshift_schemas, pg_catalog.svv_redshift_tables,
    pg_catalog.svv_all_tables, pg_catalog.svv_all_columns TO public;
GRANT SELECT ON pg_catalog.pg_table_def, pg_catalog.svv_table_info, pg_catalog.svv_tables, pg_catalog.svv_columns,
    pg_catalog.svv_redshift_columns, pg_catalog.svv_relation_privileges, pg_catalog.svv_column_privileges,
    pg_catalog.stv_db_isolation_level TO public;
