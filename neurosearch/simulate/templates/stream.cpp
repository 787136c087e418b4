// Stream: when samples and frames begin, when decisions are due, and the correct answers.
static const int64_t *boundaries, *decisions, *frames;
static const int32_t *labels, *frame_order;
static int64_t samples, frame_count;

ONCE static void need(const char* key, int64_t count, int64_t wanted) {
    if (count != wanted) refuse(key, "it has %lld entries, %lld are needed", (long long)count, (long long)wanted);
}

ONCE static void read_stream() {
    int64_t count;
    boundaries = (const int64_t*)find_array("boundaries", "i8", &count);
    if (!boundaries) refuse("boundaries", "it is not given");
    if (count < 2) refuse("boundaries", "it has %lld entries, a stream of K samples needs K + 1", (long long)count);
    samples = count - 1;
    if (boundaries[0] != 0) refuse("boundaries", "it starts at %lld, not at 0", (long long)boundaries[0]);
    for (int64_t k = 0; k < samples; k++)
        if (boundaries[k + 1] <= boundaries[k])
            refuse("boundaries", "entry %lld is %lld, not above the one before", (long long)k + 1, (long long)boundaries[k + 1]);
    decisions = (const int64_t*)find_array("decisions", "i8", &count);
    if (decisions) need("decisions", count, samples);
    else decisions = boundaries + 1;
    for (int64_t k = 0; k < samples; k++)
        if (decisions[k] <= boundaries[k] || decisions[k] > boundaries[k + 1])
            refuse("decisions", "entry %lld is %lld, outside its sample's steps %lld to %lld", (long long)k,
                   (long long)decisions[k], (long long)boundaries[k] + 1, (long long)boundaries[k + 1]);
    labels = (const int32_t*)find_array("labels", "i4", &count);
    if (labels) {
        need("labels", count, samples);
    } else {
        int32_t* none = zeros<int32_t>((size_t)samples);
        fill(none, (size_t)samples, -1);
        labels = none;
    }
    frames = (const int64_t*)find_array("frames", "i8", &frame_count);
    if (!frames) {
        frames = boundaries;
        frame_count = samples;
    }
    if (frame_count < 1 || frames[0] != 0) refuse("frames", "the first frame must start at step 0");
    for (int64_t f = 1; f < frame_count; f++)
        if (frames[f] <= frames[f - 1] || frames[f] > boundaries[samples])
            refuse("frames", "entry %lld is %lld, not above the one before or after the stream's end %lld", (long long)f,
                   (long long)frames[f], (long long)boundaries[samples]);
    frame_order = (const int32_t*)find_array("order", "i4", &count);
    if (frame_order) need("order", count, frame_count);
}

template <class T> ONCE static void show_first_frame(Table<T>& table, const char* name) {
    for (int64_t f = 0; frame_order && f < frame_count; f++)
        if (frame_order[f] < 0 || frame_order[f] >= table.rows)
            refuse("order", "entry %lld is %d, table.%s has %lld rows", (long long)f, (int)frame_order[f], name,
                   (long long)table.rows);
    table.show(frame_order ? frame_order[0] : 0);
}
