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

CREATE VIEW pg_catalog.svv_redshift_columns AS
    SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name,
        relname::varchar AS table_name, attname::varchar AS column_name, attnum::int AS ordinal_position,
        type::varchar AS data_type,
        (SELECT pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef
            WHERE adrelid = table_id AND adnum = attnum)::varchar AS column_default,
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
    WHERE n.nspname <> 'redshift_emulator';

CREATE VIEW redshift_emulator.grantees AS
    SELECT g.*, coalesce(r.rolname, 'public')::varchar AS identity_name,
        CASE WHEN g.grantee = 0 THEN 'public' WHEN r.rolcanlogin THEN 'user' ELSE 'group' END::varchar
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

GRANT SELECT ON pg_catalog.pg_table_def, pg_catalog.svv_table_info, pg_catalog.svv_tables, pg_catalog.svv_columns,
    pg_catalog.svv_redshift_columns, pg_catalog.svv_relation_privileges, pg_catalog.svv_column_privileges,
    pg_catalog.stv_db_isolation_level TO public;
