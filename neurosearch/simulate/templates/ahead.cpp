{# USES_VARIABLES { N } #}
{# Input neurons, which receive no feedback, run many steps at once. Neurons that neither spike nor change before the #}
{# next event are skipped; the others are packed side by side in registers. #}
namespace {{ codeobj_name }} {
{{ hashdefine_lines|autoindent }}
{% if drawn %}
static inline ours::Whole draw_lot(int64_t seed, int64_t stream, int64_t step, ours::Whole mixed) {
    const uint32_t _both = _key(seed, stream, step);
    return {(ours::Words)_lot(_both, (ours::Bits)mixed.a), (ours::Words)_lot(_both, (ours::Bits)mixed.b)};
}
static int32_t *every_mixed, *mixed;  // hashed indices for draws: of all neurons, and of those in `busy`
{% endif %}
static const int STEPS = 32, BLOCK = 1024;
static int32_t *every, *busy;  // indices of all neurons, and of those that may spike, ascending
static int32_t* spikes;        // one list for each of STEPS steps
static int32_t counts[STEPS];
{% for pointer, ctype, written, reset in own if whole %}
static int32_t* _own{{ pointer }};  // values of the neurons in `busy`
{% endfor %}
static size_t room;  // capacity of a list
static int64_t first = 0, until = 0;  // the lists hold steps first to until - 1

ONCE static void make_room() {
    room = (size_t){{ get_device().group_size(owner) }} + 64;  // a register is written past the end of the last list
    every = (int32_t*)allocate(room * sizeof(int32_t));
    for (size_t k = 0; k < room; k++) every[k] = (int32_t)k;
    busy = (int32_t*)allocate((room + 64) * sizeof(int32_t));
{% if drawn %}
    every_mixed = (int32_t*)allocate(room * sizeof(int32_t));
    for (size_t k = 0; k < room; k++) every_mixed[k] = (int32_t)_mixed((uint32_t)k);
    mixed = (int32_t*)allocate((room + 64) * sizeof(int32_t));
{% endif %}
{% for pointer, ctype, written, reset in own if whole %}
    _own{{ pointer }} = (int32_t*)allocate((room + 64) * sizeof(int32_t));
{% endfor %}
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
        memset(_mask + _here, 0, 32 * sizeof *_mask);
{% for pointer, ctype, written, reset in own if whole %}
        ours::list(_mask, {{ pointer }} + _first, _here, _own{{ pointer }}, _count);
{% endfor %}
{% if drawn %}
        ours::list(_mask, every_mixed + _first, _here, mixed, _count);
{% endif %}
        _count = ours::list(_mask, every + _first, _here, busy, _count);
    }
    for (int32_t _k = _count; _count && _k % 64; _k++) {  // fill up the last register by repeating the last neuron
        busy[_k] = busy[_count - 1];
{% if drawn %}
        mixed[_k] = mixed[_count - 1];
{% endif %}
{% for pointer, ctype, written, reset in own if whole %}
        _own{{ pointer }}[_k] = _own{{ pointer }}[_count - 1];
{% endfor %}
    }
    return _count;
}

static void run_ahead(int64_t begin, int64_t end) {
    if (!busy) make_room();
    const int32_t _all = find_busy();
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
{% elif not whole %}
{% for pointer, ctype, written, reset in own %}
    alignas(64) {{ ctype }} _own{{ pointer }}[BLOCK];
{% endfor %}
    for (int32_t _first = 0; _first < _all; _first += BLOCK) {
        const int _here = _all - _first < BLOCK ? _all - _first : BLOCK;
        const int _padded = (_here + 63) / 64 * 64;
        const int32_t* __restrict const _numbers = busy + _first;
{% for pointer, ctype, written, reset in own %}
        for (int _k = 0; _k < _padded; _k++) _own{{ pointer }}[_k] = {{ pointer }}[_numbers[_k]];
{% endfor %}
        const int32_t* __restrict const _number = _numbers;
        alignas(64) int32_t _mask[BLOCK];
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
            _count = ours::list(_mask, _numbers, _here, spikes + (size_t)(_now - begin) * room, _count);
        }
{% for pointer, ctype, written, reset in own if written %}
        for (int _k = 0; _k < _here; _k++) {{ pointer }}[_numbers[_k]] = _own{{ pointer }}[_k];
{% endfor %}
    }
{% else %}
    const int _lanes = (_all + ours::LANES - 1) / ours::LANES * ours::LANES;
{% set _carries = own|selectattr(2)|list %}
{% macro _read() %}
            const ours::Whole _number[1] = {ours::load(busy + _at)};
{% if drawn %}
            const ours::Whole _mixed = ours::load(mixed + _at);
{% endif %}
{% for pointer, ctype, written, reset in own %}
            ours::Whole _side{{ pointer }} = ours::load(_own{{ pointer }} + _at);
{% endfor %}
{% endmacro %}
{% macro _step() %}
            ours::Truth _which;
            {
                using int32_t = ours::Whole;
                const int _idx = 0;
{% for pointer, ctype, written, reset in own %}
                ours::Whole* const {{ pointer }} = &_side{{ pointer }};
{% endfor %}
                {{ vector_code['steps']|autoindent }}
                _which = _cond;
{% for pointer, ctype, written, reset in own if reset %}
                const ours::Whole _kept{{ pointer }} = {{ pointer }}[_idx];
{% endfor %}
                {
                    {{ scalar_code['reset']|autoindent }}
                    {{ vector_code['reset']|autoindent }}
                }
{% for pointer, ctype, written, reset in own if reset %}
                {{ pointer }}[_idx] = ours::choose(_which, {{ pointer }}[_idx], _kept{{ pointer }});
{% endfor %}
            }
            _count = ours::list(_which, *_number, spikes + (size_t)(_now - begin) * room, _count);
{% endmacro %}
{% if _carries %}
    for (int _at = 0; _at < _lanes; _at += ours::LANES) {  // the values of these neurons stay in registers
{{ _read() }}
        for (int64_t _now = begin; _now < end; _now++) {
{% if shares %}
            show_time(_now);
            {{ scalar_code['steps']|autoindent }}
{% endif %}
            int32_t& _count = counts[_now - begin];
{{ _step() }}
        }
{% for pointer, ctype, written, reset in _carries %}
        ours::store(_own{{ pointer }} + _at, _side{{ pointer }});
{% endfor %}
    }
{% else %}
    for (int64_t _now = begin; _now < end; _now++) {
        show_time(_now);
        {{ scalar_code['steps']|autoindent }}
        int32_t _count = counts[_now - begin];
        for (int _at = 0; _at < _lanes; _at += ours::LANES) {
{{ _read() }}
{{ _step() }}
        }
        counts[_now - begin] = _count;
    }
{% endif %}
    for (int64_t _late = 0; _lanes > _all && _late < end - begin; _late++) {  // drop the repetitions of the last neuron
        const int32_t* const _list = spikes + (size_t)_late * room;
        if (counts[_late] && _list[counts[_late] - 1] == busy[_all - 1]) counts[_late] -= _lanes - _all;
    }
{% for pointer, ctype, written, reset in _carries %}
    for (int32_t _k = 0; _k < _all; _k++) {{ pointer }}[busy[_k]] = _own{{ pointer }}[_k];
{% endfor %}
{% endif %}
    show_time(begin);
}

static inline void run(int64_t n) {
    if (n == until) run_ahead(n, n + STEPS < steady_until ? n + STEPS : steady_until);
    int32_t* const _list = spikes + (size_t)(n - first) * room;
    _list[{{ get_device().group_size(owner) }}] = counts[n - first];
    {{ get_device().get_array_name(owner.variables['_spikespace']) }} = _list;
}
}
