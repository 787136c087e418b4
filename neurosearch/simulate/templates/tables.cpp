// Tables: rows of numbers shown sample by sample or frame by frame.
template <class T> struct Table {
    const T* data = nullptr;
    const T* row = nullptr;
    int64_t rows = 0;
    int32_t columns = 1;
    double value = 0;  // of the current row, for a table of one column
    void show(int64_t wanted) {
        row = data + (wanted < rows ? wanted : rows - 1) * columns;
        value = (double)row[0];
    }
    double at(int32_t column) const { return (uint32_t)column < (uint32_t)columns ? (double)row[column] : NAN; }
};

template <class T> ONCE static void find_table(Table<T>& table, const char* name, const char* dtype, bool matrix) {
    char key[300];
    int64_t count;
    snprintf(key, sizeof key, "columns.%s", name);
    table.columns = (int32_t)(matrix ? find_number(key, 0, 1, INT32_MAX) : 1);
    char data_key[300];
    snprintf(data_key, sizeof data_key, "table.%s", name);
    table.data = (const T*)find_array(data_key, dtype, &count);
    if (!table.data || count == 0) refuse(data_key, "it is not given or empty");
    if (table.columns == 0) refuse(key, "it is not given");
    if (count % table.columns)
        refuse(data_key, "%lld entries are no whole number of rows of %d", (long long)count, table.columns);
    table.rows = count / table.columns;
    table.show(0);
}
