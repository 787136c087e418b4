// ---- the result: one line of JSON, then the arrays
struct Output {
    const char* name;
    const char* dtype;
    int64_t rows, columns;  // columns < 0: one dimension
    const void* data;
};
static Vector<const Variable*> probes;
static Vector<const char*> probe_names;

ONCE static void read_raster() {
    const Given* entry = find("raster");
    if (!entry) return;
    long long first, last;
    char end;
    if (!entry->text || sscanf(entry->text, "%lld:%lld%c", &first, &last, &end) != 2 || first < 0 || last < first)
        refuse("raster", "'%s' is not first:last", entry->text ? entry->text : "an array");
    raster_first = first;
    raster_last = last;
}

ONCE static void read_probes() {
    for (size_t g = 0; g < given.count; g++) {
        if (strcmp(given[g].key, "probe")) continue;
        const char* wanted = given[g].text ? given[g].text : "";
        char name[300];
        const size_t length = strlen(wanted);
        const bool index = length > 2 && (!strcmp(wanted + length - 2, ".i") || !strcmp(wanted + length - 2, ".j"));
        snprintf(name, sizeof name, "%.*s.%s", (int)(length > 2 ? length - 2 : 0), wanted,
                 index && wanted[length - 1] == 'i' ? "_synaptic_pre" : "_synaptic_post");
        const Variable* found = nullptr;
        for (size_t k = 0; k < variable_count; k++)
            if (!strcmp(variables[k].name, wanted) || (index && !strcmp(variables[k].name, name))) found = &variables[k];
        if (!found) refuse("probe", "there is no variable '%s'", wanted);
        probes.push_back(found);
        probe_names.push_back(wanted);
    }
}

ONCE static void add(Vector<char>& text, const char* format, ...) {
    char piece[700];
    va_list values;
    va_start(values, format);
    const int length = vsnprintf(piece, sizeof piece, format, values);
    va_end(values);
    for (int k = 0; k < length && k < (int)sizeof piece - 1; k++) text.push_back(piece[k]);
}

ONCE static void send_results(double setup_seconds, double run_seconds) {
    Vector<Output> outputs;
{% set width = 'count_' ~ readout.name if readout else '0' %}
    outputs.push_back(Output{"readout", "f8", done, (int64_t){{ width }}, readouts.items});
    outputs.push_back(Output{"spikes", "i4", done, population_count, spike_rows.items});
    outputs.push_back(Output{"events", "i8", done, pathway_count, event_rows.items});
    for (size_t k = 0; k < probes.count; k++)
        outputs.push_back(Output{probe_names[k], probes[k]->dtype, (int64_t)*probes[k]->count, -1, *probes[k]->items});
    outputs.push_back(Output{"raster", "i4", (int64_t)raster.count / 3, 3, raster.items});
    Vector<char> text;
    const char* status = !all_finite ? "not_finite" : done < samples || steps <= boundaries[samples] ? "stopped" : "ok";
    add(text, "r {\"status\":\"%s\",\"completed\":%lld,\"samples\":%lld,\"steps\":%lld", status, (long long)done,
        (long long)samples, (long long)steps);
    add(text, ",\"setup_seconds\":%.6f,\"run_seconds\":%.6f", setup_seconds, run_seconds);
    add(text, ",\"populations\":[{% for group in populations %}{{ ',' if not loop.first }}\"{{ group.name }}\"{% endfor %}]");
    add(text, ",\"pathways\":[{% for pathway in pathways %}{{ ',' if not loop.first }}\"{{ pathway.name }}\"{% endfor %}],\"arrays\":[");
    for (size_t k = 0; k < outputs.count; k++) {
        const Output& output = outputs[k];
        add(text, "%s[\"%s\",\"%s\",%lld", k ? "," : "", output.name, output.dtype, (long long)output.rows);
        if (output.columns >= 0) add(text, ",%lld", (long long)output.columns);
        add(text, "]");
    }
    add(text, "]}\n");
    send(text.items, text.count);
    for (size_t k = 0; k < outputs.count; k++) {
        const Output& output = outputs[k];
        const int64_t items = output.rows * (output.columns >= 0 ? output.columns : 1);
        send(output.data, (size_t)items * item_bytes(output.dtype));
    }
}
