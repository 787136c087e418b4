// Tables: rows of numbers for samples or frames, dense or as lists of the units that are 1 in each row.
template <class T> struct Table {
    const char* name = "";
    const T* data = nullptr;           // a dense table, else:
    const int64_t* offsets = nullptr;  // row k is 1 at units[offsets[k]] to units[offsets[k + 1] - 1], else 0
    const int32_t* units = nullptr;
    int64_t count = 0, shown = -1;     // number of units; the row held in `events`
    T* events = nullptr;
    const T* row = nullptr;
    int64_t rows = 0;
    int32_t columns = 1;
    double value = 0;  // value of the current row, for a table of one column
    void show(int64_t wanted) {
        const int64_t k = wanted < rows ? wanted : rows - 1;
        if (offsets) show_events(k);
        else row = data + k * columns;
        value = (double)row[0];
    }
    ONCE void show_events(int64_t k) {
        if (shown >= 0)
            for (int64_t e = offsets[shown]; e < offsets[shown + 1]; e++) events[units[e]] = 0;
        const int64_t first = offsets[k], last = offsets[k + 1];
        if (first < 0 || last < first || last > count)
            refuse(name, "row %lld of its events is %lld to %lld, there are %lld", (long long)k, (long long)first,
                   (long long)last, (long long)count);
        for (int64_t e = first; e < last; e++) {
            if ((uint32_t)units[e] >= (uint32_t)columns)
                refuse(name, "event %lld has the unit %d, there are %d", (long long)e, (int)units[e], (int)columns);
            events[units[e]] = 1;
        }
        shown = k;
    }
    double at(int32_t column) const { return (double)row[column]; }  // within bounds by the size checks
};

template <class T> ONCE static void find_events(Table<T>& table, const char* name) {
    char key[300], units_key[300];
    int64_t count;
    snprintf(key, sizeof key, "%s.offsets", name);
    snprintf(units_key, sizeof units_key, "%s.units", name);
    table.offsets = (const int64_t*)find_array(key, "i8", &count);
    if (!table.offsets) return;
    if (count < 2) refuse(key, "it has %lld entries, R rows need R + 1", (long long)count);
    table.rows = count - 1;
    table.units = (const int32_t*)find_array(units_key, "i4", &table.count);
    if (!table.units) refuse(units_key, "it is not given");
    table.events = zeros<T>((size_t)table.columns);
    table.row = table.events;
}

template <class T> ONCE static void find_table(Table<T>& table, const char* name, const char* dtype, bool matrix) {
    char key[300];
    int64_t count;
    snprintf(key, sizeof key, "columns.%s", name);
    table.name = name;
    table.columns = (int32_t)(matrix ? find_number(key, 0, 1, INT32_MAX) : 1);
    char data_key[300];
    snprintf(data_key, sizeof data_key, "table.%s", name);
    table.data = (const T*)find_array(data_key, dtype, &count);
    if (matrix && !table.data && table.columns) find_events(table, name);
    if (!table.offsets && (!table.data || count == 0)) refuse(data_key, "it is not given or empty");
    if (table.columns == 0) refuse(key, "it is not given");
    if (!table.offsets) {
        if (count % table.columns)
            refuse(data_key, "%lld entries are not a multiple of the row length %d", (long long)count, table.columns);
        table.rows = count / table.columns;
    }
    table.show(0);
}
