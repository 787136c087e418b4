{# USES_VARIABLES { N } #}
{% extends 'code_object.cpp' %}
{% block main %}
    {{ scalar_lines|autoindent }}
    const int64_t _count = {{ constant_or_scalar('N', variables['N']) }};
    for (int64_t _idx = 0; _idx < _count; _idx++) {
        const auto _chosen = [&]() -> bool {
            {{ vector_code['condition']|autoindent }}
            return _cond;
        };
        if (!_chosen()) continue;
        {{ vector_code['statement']|autoindent }}
    }
{% endblock %}
