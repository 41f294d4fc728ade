"""Opening a store: it is made, checked and brought to this version's schema on the way."""

from sqlalchemy import Connection, Engine, insert, inspect, select

from reports import place as places
from reports import schema, upgrade
from reports.database import SchemaError, engine, reading, tidy, writing
from reports.place import Place


def opened(place: Place, *, write: bool) -> Engine:
    """Return the engine of a store that is there; one of an older schema is upgraded, in one transaction.

    Raises
    ------
    ValueError
        There is none, its schema is newer than this version knows, or it is damaged.
    OSError
        It cannot be reached, or has to be written and cannot be.
    """
    file, folder = place.file, place.folder
    if file is not None and folder is not None and not file.is_file():
        why = f"there is no {file.name} in it" if folder.is_dir() else "there is no such folder"
        why = "it is a file" if folder.is_file() else why
        raise ValueError(f"{place.words} is no run: {why}; name a folder that `workbench compare` made")
    if write:
        return _writer(place)
    reader = engine(place, write=False)
    try:
        with reading(place), reader.begin() as connection:
            current = _version(connection) == schema.VERSION
    except BaseException:
        reader.dispose()
        raise
    if not current:
        tidy(_writer(place))
    return reader


def made(place: Place, *, exclusive: bool) -> Engine:
    """Return a writer's engine of a new store; with `exclusive` it is an error if another process makes it now.

    Raises
    ------
    ValueError, OSError
        It cannot be made, and nothing is left of it.
    """
    left = [] if place.file is None else places.make(place.file, exclusive=exclusive)
    try:
        return _writer(place)
    except BaseException:
        places.unmake(left)
        raise


def _writer(place: Place) -> Engine:
    writer = engine(place, write=True)
    try:
        with writing(place), writer.begin() as connection:
            if inspect(connection).get_table_names():
                _upgrade(connection, _version(connection))
            else:
                schema.metadata.create_all(connection)
                connection.execute(insert(schema.store).values(schema=schema.VERSION))
    except BaseException:
        tidy(writer)
        raise
    return writer


def _version(connection: Connection) -> int:
    names = set(inspect(connection).get_table_names())
    if schema.store.name in names:
        version = int(connection.execute(select(schema.store.c.schema)).scalar_one())
    elif upgrade.is_schema_2(connection, names):
        version = 2
    else:
        raise SchemaError(f"it is no store of runs: {'it has other tables' if names else 'nothing is in it'}")
    if version > schema.VERSION:
        raise SchemaError(
            f"its schema is {version}, this version reads schema {schema.VERSION} and older: "
            "read it with the version of minfunc-workbench that wrote it"
        )
    return version


def _upgrade(connection: Connection, version: int) -> None:
    if version == 2:
        upgrade.from_schema_2(connection)
