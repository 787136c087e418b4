{# USES_VARIABLES { N } #}
{# The condition is evaluated for 256 neurons at a time into masks, which vectorises, then the spikes are collected. #}
{% extends 'code_object.cpp' %}
{% block main %}
    {{ scalar_code|autoindent }}
    int32_t* const _fired = {{ get_array_name(eventspace_variable) }};
    const int _all = (int)N;
    int32_t _count = 0;
    alignas(64) ours::Mask _mask[256 + 64];
    for (int _first = 0; _first < _all; _first += 256) {
        const int _here = _all - _first < 256 ? _all - _first : 256;
        {{ 'INDEPENDENT' if independent }}
        for (int _k = 0; _k < _here; _k++) {
            const int _idx = _first + _k;
            {{ vector_code|autoindent }}
            _mask[_k] = (ours::Mask)-(int)(bool)_cond;
        }
        memset(_mask + _here, 0, 64 * sizeof *_mask);
        _count = ours::collect(_mask, _here, _first, _fired, _count);
    }
    _fired[_all] = _count;
{% if _uses_refractory %}
    for (int32_t _event = 0; _event < _count; _event++) {
        {{ not_refractory }}[_fired[_event]] = false;
        {{ lastspike }}[_fired[_event]] = {{ t }};
    }
{% endif %}
{% endblock %}
