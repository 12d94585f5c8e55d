-- The catalogue. A column has the name of its header in the file.

CREATE TABLE products (
    proveedor_id               text           NOT NULL,
    id                         text           NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
    nombre                     text           NOT NULL CHECK (length(nombre) BETWEEN 1 AND 255),
    codigo                     text           NOT NULL CHECK (length(codigo) BETWEEN 1 AND 64),
    categoria                  text           NOT NULL CHECK (length(categoria) BETWEEN 1 AND 64),
    precio_unitario            numeric(12, 2) NOT NULL CHECK (precio_unitario >= 0),
    certificado_sanitario      text           NOT NULL CHECK (length(certificado_sanitario) BETWEEN 1 AND 255),
    condiciones_almacenamiento text           NOT NULL CHECK (length(condiciones_almacenamiento) BETWEEN 1 AND 128),
    tiempo_entrega_dias        integer        NOT NULL CHECK (tiempo_entrega_dias >= 0),
    presentacion               text           CHECK (length(presentacion) BETWEEN 1 AND 128),
    stock_minimo               integer        NOT NULL CHECK (stock_minimo >= 0),
    stock_critico              integer        NOT NULL CHECK (stock_critico >= 0),
    requiere_lote              boolean        NOT NULL,
    requiere_vencimiento       boolean        NOT NULL,

    -- the upload that wrote the product last: the later (accepted_at, task_id) wins
    accepted_at                timestamptz    NOT NULL,
    task_id                    uuid           NOT NULL,
    created_at                 timestamptz    NOT NULL DEFAULT now(),
    updated_at                 timestamptz    NOT NULL DEFAULT now(),

    PRIMARY KEY (proveedor_id, id),
    UNIQUE (proveedor_id, codigo)
) WITH (fillfactor = 50);  -- room on the page for every row's next version: a catalogue that comes again updates
                           -- the table alone, not the indexes (HOT), and no longer makes it grow
