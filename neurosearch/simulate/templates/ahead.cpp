{# USES_VARIABLES { N } #}
{# The neurons of an input, which nothing acts back on, run for many steps at once. Those that neither spike nor change #}
{# until the next event are left out; the others stand side by side meanwhile. #}
namespace {{ codeobj_name }} {
{{ hashdefine_lines|autoindent }}
static const int STEPS = 32, BLOCK = 1024;
static int32_t *every, *busy;  // numbers of all neurons, and of those that may spike, ascending
static int32_t* spikes;        // a list for each of STEPS steps
static int32_t counts[STEPS];
static size_t room;  // of a list
static int64_t first = 0, until = 0;  // the steps that the lists are of

ONCE static void make_room() {
    room = (size_t){{ get_device().group_size(owner) }} + 64;  // the last list may be written over its end
    every = (int32_t*)allocate(room * sizeof(int32_t));
    for (size_t k = 0; k < room; k++) every[k] = (int32_t)k;
    busy = (int32_t*)allocate((room + 64) * sizeof(int32_t));
    spikes = (int32_t*)allocate(room * STEPS * sizeof(int32_t));
}

static int32_t find_busy() {
    {{ constants|autoindent }}
    {{ pointers_lines|autoindent }}
    const int _vectorisation_idx = -1;
    (void)_vectorisation_idx;
    const struct { int operator[](int k) const { return k; } } _number;
    (void)_number;
    {{ scalar_code['idle']|autoindent }}
    const int _all = (int)N;
    int32_t _count = 0;
    alignas(64) int32_t _mask[BLOCK + 64];
    for (int _first = 0; _first < _all; _first += BLOCK) {
        const int _here = _all - _first < BLOCK ? _all - _first : BLOCK;
        {{ 'INDEPENDENT' if independent }}
        for (int _k = 0; _k < _here; _k++) {
            const int _idx = _first + _k;
            {{ vector_code['idle']|autoindent }}
            _mask[_k] = (int32_t)(bool)_idle - 1;
        }
        memset(_mask + _here, 0, 16 * sizeof *_mask);
        _count = ours::list(_mask, every + _first, _here, busy, _count);
    }
    return _count;
}

static void run_ahead(int64_t begin, int64_t end) {
    if (!busy) make_room();
    const int32_t _all = find_busy();
    for (int32_t _k = _all; _all && _k % 64; _k++) busy[_k] = busy[_all - 1];  // only whole vectors; dropped below
    first = begin;
    until = end;
    memset(counts, 0, sizeof counts);
    {{ constants|autoindent }}
    {{ pointers_lines|autoindent }}
    const int _vectorisation_idx = -1;
    (void)_vectorisation_idx;
{% if 'moment' in vector_code %}
    {{ scalar_code['moment']|autoindent }}
    for (int32_t _k = 0; _k < _all; _k++) {
        const int _idx = busy[_k];
        {{ vector_code['moment']|autoindent }}
        if (_moment < begin || _moment >= end) continue;
        const size_t _late = (size_t)(_moment - begin);
        spikes[_late * room + (size_t)counts[_late]++] = _idx;
    }
{% else %}
    alignas(64) int32_t _mask[BLOCK];
{% for pointer, ctype, written, reset in own %}
    alignas(64) {{ ctype }} _own{{ pointer }}[BLOCK];
{% endfor %}
    for (int32_t _first = 0; _first < _all; _first += BLOCK) {
        const int _here = _all - _first < BLOCK ? _all - _first : BLOCK;
        const int _padded = (_here + 63) / 64 * 64;
        const int32_t* __restrict const _number = busy + _first;
{% for pointer, ctype, written, reset in own %}
        for (int _k = 0; _k < _padded; _k++) _own{{ pointer }}[_k] = {{ pointer }}[_number[_k]];
{% endfor %}
        for (int64_t _now = begin; _now < end; _now++) {
{% for pointer, ctype, written, reset in own %}
            {{ ctype }}* __restrict const {{ pointer }} = _own{{ pointer }};
{% endfor %}
            show_time(_now);
            {{ scalar_code['steps']|autoindent }}
            {{ 'INDEPENDENT' if independent }}
            for (int _idx = 0; _idx < _padded; _idx++) {
                {{ vector_code['steps']|autoindent }}
                _mask[_idx] = -(int32_t)(bool)_cond;
{% for pointer, ctype, written, reset in own if reset %}
                const {{ ctype }} _kept{{ pointer }} = {{ pointer }}[_idx];
{% endfor %}
                {
                    {{ scalar_code['reset']|autoindent }}
                    {{ vector_code['reset']|autoindent }}
                }
{% for pointer, ctype, written, reset in own if reset %}
                {{ pointer }}[_idx] = _cond ? {{ pointer }}[_idx] : _kept{{ pointer }};
{% endfor %}
            }
            memset(_mask + _here, 0, (size_t)(_padded - _here) * sizeof *_mask);
            int32_t& _count = counts[_now - begin];
            _count = ours::list(_mask, _number, _here, spikes + (size_t)(_now - begin) * room, _count);
        }
{% for pointer, ctype, written, reset in own if written %}
        for (int _k = 0; _k < _here; _k++) {{ pointer }}[_number[_k]] = _own{{ pointer }}[_k];
{% endfor %}
    }
{% endif %}
    show_time(begin);
}

static inline void run(int64_t n) {
    if (n == until) run_ahead(n, n + STEPS < steady_until ? n + STEPS : steady_until);
    int32_t* const _fired = {{ get_device().get_array_name(owner.variables['_spikespace']) }};
    const int32_t _count = counts[n - first];
    const int32_t* const _list = spikes + (size_t)(n - first) * room;
    for (int32_t _k = 0; _k < _count; _k += 8) memcpy(_fired + _k, _list + _k, 32);  // behind an array there is room
    _fired[{{ get_device().group_size(owner) }}] = _count;
}
}
