{# USES_VARIABLES { N } #}
{% extends 'code_object.cpp' %}
{% block main %}
    const int32_t* const _fired = {{ get_array_name(eventspace_variable) }};
    const int32_t _count = _fired[N];
    if (_count == 0) return;
    {{ scalar_code|autoindent }}
    for (int32_t _event = 0; _event < _count; _event++) {
        const int _idx = _fired[_event];
        {{ vector_code|autoindent }}
    }
{% endblock %}
