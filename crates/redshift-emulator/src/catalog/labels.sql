-- Distribution, sort keys, encodings and keys of a table are kept as one security label of it: with the table they
-- are renamed, rolled back and dropped, and reading them takes no part in conflicts between transactions.
CREATE FUNCTION redshift_emulator.label_of(target oid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT label::jsonb FROM pg_catalog.pg_seclabel
        WHERE objoid = target AND classoid = 'pg_catalog.pg_class'::regclass AND objsubid = 0
            AND provider = 'redshift'), '{}')
$$;

CREATE FUNCTION redshift_emulator.column_number(target regclass, name text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    number int;
BEGIN
    SELECT attnum INTO number FROM pg_catalog.pg_attribute
        WHERE attrelid = target AND attname = name AND attnum > 0 AND NOT attisdropped;
    IF number IS NULL THEN
        RAISE EXCEPTION 'column "%" does not exist', name USING ERRCODE = '42703';
    END IF;
    RETURN number;
END $$;

CREATE FUNCTION redshift_emulator.put_label(target regclass, value jsonb) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET allow_system_table_mods = on AS $$
BEGIN
    DELETE FROM pg_catalog.pg_seclabel
        WHERE objoid = target AND classoid = 'pg_catalog.pg_class'::regclass AND objsubid = 0
            AND provider = 'redshift';
    INSERT INTO pg_catalog.pg_seclabel (objoid, classoid, objsubid, provider, label)
        VALUES (target, 'pg_catalog.pg_class'::regclass, 0, 'redshift', value::text);
END $$;

-- Keys are shown in pg_constraint, without an index: nothing enforces them.
CREATE FUNCTION redshift_emulator.put_constraint(target regclass, kind text, numbers jsonb, name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET allow_system_table_mods = on AS $$
DECLARE
    parts text := (
        SELECT string_agg(attname, '_' ORDER BY place)
        FROM jsonb_array_elements_text(numbers) WITH ORDINALITY AS n (number, place)
        JOIN pg_catalog.pg_attribute ON attrelid = target AND attnum = number::int);
    own record;
    made oid;
BEGIN
    SELECT relname, relnamespace INTO own FROM pg_catalog.pg_class WHERE oid = target;
    IF kind = 'p' AND EXISTS (SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = target AND contype = 'p') THEN
        RAISE EXCEPTION 'multiple primary keys for table "%" are not allowed', own.relname USING ERRCODE = '42P16';
    END IF;
    name := left(coalesce(name, own.relname || CASE kind WHEN 'p' THEN '_pkey' ELSE '_' || parts || '_key' END), 63);
    IF EXISTS (SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = target AND conname = name) THEN
        RAISE EXCEPTION 'constraint "%" for relation "%" already exists', name, own.relname
            USING ERRCODE = '42710';
    END IF;
    made := pg_catalog.pg_nextoid('pg_catalog.pg_constraint', 'oid', 'pg_catalog.pg_constraint_oid_index');
    INSERT INTO pg_catalog.pg_constraint (oid, conname, connamespace, contype, condeferrable, condeferred,
            convalidated, conrelid, contypid, conindid, conparentid, confrelid, confupdtype, confdeltype, confmatchtype,
            conislocal, coninhcount, connoinherit, conkey)
        VALUES (made, name, own.relnamespace, kind, false, false, true, target, 0, 0, 0, 0, ' ', ' ', ' ', true, 0,
            true, (SELECT array_agg(n::int2 ORDER BY place)
                FROM jsonb_array_elements_text(numbers) WITH ORDINALITY AS k (n, place)));
    INSERT INTO pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
        SELECT 'pg_catalog.pg_constraint'::regclass, made, 0, 'pg_catalog.pg_class'::regclass, target, n::int, 'a'
        FROM jsonb_array_elements_text(numbers) AS k (n);
END $$;

-- A foreign key refers to the primary key, or to columns that are a key. A table that one refers to is held by it.
CREATE FUNCTION redshift_emulator.put_foreign_key(target regclass, given jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET allow_system_table_mods = on AS $$
DECLARE
    parent regclass := (given ->> 'table')::regclass;
    own int2[] := (
        SELECT array_agg(redshift_emulator.column_number(target, c.name)::int2 ORDER BY c.place)
        FROM jsonb_array_elements_text(given -> 'columns') WITH ORDINALITY AS c (name, place));
    theirs int2[];
    called text;
    made oid;
BEGIN
    IF jsonb_typeof(given -> 'references') = 'array' THEN
        theirs := (
            SELECT array_agg(redshift_emulator.column_number(parent, c.name)::int2 ORDER BY c.place)
            FROM jsonb_array_elements_text(given -> 'references') WITH ORDINALITY AS c (name, place));
        IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint
                WHERE conrelid = parent AND contype IN ('p', 'u') AND conkey @> theirs AND conkey <@ theirs) THEN
            RAISE EXCEPTION 'there is no unique constraint matching given keys for referenced table "%"', parent
                USING ERRCODE = '42830';
        END IF;
    ELSE
        theirs := (SELECT conkey FROM pg_catalog.pg_constraint WHERE conrelid = parent AND contype = 'p');
        IF theirs IS NULL THEN
            RAISE EXCEPTION 'there is no primary key for referenced table "%"', parent USING ERRCODE = '42704';
        END IF;
    END IF;
    IF array_length(own, 1) <> array_length(theirs, 1) THEN
        RAISE EXCEPTION 'number of referencing and referenced columns for foreign key disagree'
            USING ERRCODE = '42830';
    END IF;
    called := left(coalesce(given ->> 'name', (
        SELECT relname || '_' || (given -> 'columns' ->> 0) || '_fkey' FROM pg_catalog.pg_class WHERE oid = target)), 63);
    IF EXISTS (SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = target AND conname = called) THEN
        RAISE EXCEPTION 'constraint "%" for relation "%" already exists', called, target USING ERRCODE = '42710';
    END IF;
    made := pg_catalog.pg_nextoid('pg_catalog.pg_constraint', 'oid', 'pg_catalog.pg_constraint_oid_index');
    INSERT INTO pg_catalog.pg_constraint (oid, conname, connamespace, contype, condeferrable, condeferred,
            convalidated, conrelid, contypid, conindid, conparentid, confrelid, confupdtype, confdeltype, confmatchtype,
            conislocal, coninhcount, connoinherit, conkey, confkey)
        SELECT made, called, relnamespace, 'f', false, false, true, target, 0, 0, 0, parent, 'a', 'a', 's', true, 0,
            true, own, theirs FROM pg_catalog.pg_class WHERE oid = target;
    INSERT INTO pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
        SELECT 'pg_catalog.pg_constraint'::regclass, made, 0, 'pg_catalog.pg_class'::regclass, target, n, 'a'
        FROM unnest(own) AS n
        UNION ALL
        SELECT 'pg_catalog.pg_constraint'::regclass, made, 0, 'pg_catalog.pg_class'::regclass, parent, n, 'n'
        FROM unnest(theirs) AS n;
END $$;

CREATE FUNCTION redshift_emulator.drop_constraint(target regclass, name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET allow_system_table_mods = on AS $$
DECLARE
    gone oid;
BEGIN
    DELETE FROM pg_catalog.pg_constraint WHERE conrelid = target AND conname = name RETURNING oid INTO gone;
    IF gone IS NULL THEN
        RAISE EXCEPTION 'constraint "%" does not exist', name USING ERRCODE = '42704';
    END IF;
    DELETE FROM pg_catalog.pg_depend
        WHERE classid = 'pg_catalog.pg_constraint'::regclass AND objid = gone;
END $$;

-- Adds attributes to a label; columns are given by name and kept by number.
CREATE FUNCTION redshift_emulator.label(target regclass, given jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    value jsonb := redshift_emulator.label_of(target);
    item record;
    name text;
    numbers jsonb;
    foreign_key jsonb;
BEGIN
    FOR item IN SELECT e.key, e.value FROM jsonb_each(given) e LOOP
        IF item.key = 'encodings' THEN
            numbers := coalesce(value -> 'encodings', '{}');
            FOR name IN SELECT jsonb_object_keys(item.value) LOOP
                numbers := numbers || jsonb_build_object(
                    redshift_emulator.column_number(target, name)::text, item.value -> name);
            END LOOP;
            value := value || jsonb_build_object('encodings', numbers);
        ELSIF item.key IN ('sortkey', 'primary_key', 'unique') THEN
            SELECT coalesce(jsonb_agg(redshift_emulator.column_number(target, c.name) ORDER BY c.place), '[]')
                INTO numbers
                FROM jsonb_array_elements_text(item.value) WITH ORDINALITY AS c (name, place);
            value := value || jsonb_build_object(item.key, numbers);
            IF item.key IN ('primary_key', 'unique') THEN
                PERFORM redshift_emulator.put_constraint(
                    target, left(item.key, 1), numbers, given ->> (item.key || '_name'));
            END IF;
        ELSIF item.key = 'foreign_keys' THEN
            FOR foreign_key IN SELECT jsonb_array_elements(item.value) LOOP
                PERFORM redshift_emulator.put_foreign_key(target, foreign_key);
            END LOOP;
        ELSIF item.key IN ('primary_key_name', 'unique_name') THEN
            NULL;
        ELSIF item.key = 'distkey' AND jsonb_typeof(item.value) = 'string' THEN
            value := value || jsonb_build_object(
                'distkey', redshift_emulator.column_number(target, item.value #>> '{}'));
        ELSE
            value := value || jsonb_build_object(item.key, item.value);
        END IF;
    END LOOP;
    PERFORM redshift_emulator.put_label(target, value);
END $$;

-- CREATE TABLE .. (LIKE ..): keys for distribution and sorting are taken over, others are not.
CREATE FUNCTION redshift_emulator.copy_label(target regclass, parent regclass) RETURNS void LANGUAGE sql AS $$
    SELECT redshift_emulator.put_label(
        target, redshift_emulator.label_of(parent) - 'primary_key' - 'unique')
$$;

-- A late-binding view: what it reads and the statement that shows it.
CREATE FUNCTION redshift_emulator.late_view(target regclass, query text, statement text) RETURNS void LANGUAGE sql AS $$
    SELECT redshift_emulator.put_label(
        target, jsonb_build_object('late', query, 'late_statement', statement))
$$;

-- The encoding that the service chooses for a column.
CREATE FUNCTION redshift_emulator.encoding(label jsonb, number int, kind oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(label -> 'encodings' ->> number::text, 'auto'),
        CASE
            WHEN label -> 'sortkey' @> to_jsonb(number) THEN 'none'
            WHEN kind IN (16, 700, 701, 4000) THEN 'none'
            WHEN kind IN (1042, 1043, 25, 6551) THEN 'lzo'
            ELSE 'az64'
        END)
$$;

CREATE FUNCTION redshift_emulator.row_count(target oid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rows bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', target::regclass) INTO rows;
    RETURN rows;
END $$;

-- ALTER TABLE .. APPEND: the rows are moved.
CREATE FUNCTION redshift_emulator.append(target regclass, source regclass, mode text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    extra text;
    lacking text;
    names text;
BEGIN
    SELECT string_agg(quote_ident(s.attname), ', ' ORDER BY s.attnum) FILTER (WHERE t.attname IS NULL),
           string_agg(quote_ident(s.attname), ', ' ORDER BY s.attnum) FILTER (WHERE t.attname IS NOT NULL)
        INTO extra, names
        FROM pg_catalog.pg_attribute s
        LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = target AND t.attname = s.attname
            AND t.atttypid = s.atttypid AND t.atttypmod = s.atttypmod AND NOT t.attisdropped
        WHERE s.attrelid = source AND s.attnum > 0 AND NOT s.attisdropped;
    SELECT string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum) INTO lacking
        FROM pg_catalog.pg_attribute t
        WHERE t.attrelid = target AND t.attnum > 0 AND NOT t.attisdropped AND NOT EXISTS (
            SELECT 1 FROM pg_catalog.pg_attribute s
            WHERE s.attrelid = source AND s.attname = t.attname AND NOT s.attisdropped);
    IF extra IS NOT NULL AND mode <> 'ignoreextra' THEN
        RAISE EXCEPTION 'Columns % of the source table are not in the target table', extra USING ERRCODE = '0A000';
    END IF;
    IF lacking IS NOT NULL AND mode <> 'filltarget' THEN
        RAISE EXCEPTION 'Columns % of the target table are not in the source table', lacking
            USING ERRCODE = '0A000';
    END IF;
    IF coalesce(redshift_emulator.label_of(target) -> 'distkey', 'null')
        <> coalesce(redshift_emulator.label_of(source) -> 'distkey', 'null') THEN
        RAISE EXCEPTION 'Target table and source table have different distribution keys' USING ERRCODE = '0A000';
    END IF;
    EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', target, source);
    EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', target, names, names, source);
    EXECUTE format('DELETE FROM %s', source);
END $$;
