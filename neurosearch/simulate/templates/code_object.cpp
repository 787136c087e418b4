namespace {{ codeobj_name }} {
{{ hashdefine_lines|autoindent }}
static inline void run() {
    {{ constants|autoindent }}
    {{ pointers_lines|autoindent }}
    const int _vectorisation_idx = -1;
    (void)_vectorisation_idx;
{% block main %}{% endblock %}
}
}
